/**
 * @module
 * A crew of one lane in the caller's own thread: for small jobs, browsers, and tests.
 */
import { Lane, type LaneResources } from './lane.ts';
import type { Crew } from './orders.ts';

/** One lane. `turn` lets other events in between two orders, so that Ctrl-C is heard. */
export function localCrew(resources: LaneResources, turn: () => Promise<void> = () => new Promise((done) => { setTimeout(done); })): Crew {
  const lane = new Lane(resources);
  return {
    size: 1,
    execute: async (_, order) => {
      await turn();
      return lane.execute(order);
    },
    close: async () => {},
  };
}
