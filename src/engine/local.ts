/**
 * @module
 * A crew of one lane in the caller's own thread: for small jobs, browsers, and tests.
 */
import { Lane, type LaneResources } from './lane.ts';
import type { Crew } from './orders.ts';

/** One lane. `turn` lets other events in between two orders, so that Ctrl-C is heard. */
export function localCrew(resources: LaneResources, turn: () => Promise<void> = () => new Promise((done) => { setTimeout(done); })): Crew {
  const lane = new Lane(resources);
  let last: Promise<unknown> = Promise.resolve();
  return {
    size: 1,
    execute: (_, order) => {
      const result = last.then(turn).then(() => lane.execute(order));
      last = result.catch(() => {});
      return result;
    },
    close: async () => {},
  };
}
