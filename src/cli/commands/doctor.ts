/** @module temper doctor */
import { machineFacts } from '../../node/doctor.ts';
import { doctorInOneLine, renderDoctor } from '../../reports/doctor.ts';
import { doctor } from '../../verbs/doctor.ts';
import type { CommandModule } from '../command.ts';

/** Checks this machine. What is wrong stands in the table already, so the findings are not told again. */
export const run: CommandModule['run'] = async (_args, shell) =>
  shell.answer(doctor(await machineFacts(shell.locale)), { full: renderDoctor, brief: doctorInOneLine, tellsFindings: true });
