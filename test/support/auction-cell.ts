import type { AuctionCell } from '../../src/lib/auction/types.ts';

/** An empty cell without tags or drivers. */
export function emptyCell(cellId: string, zone: string, total: AuctionCell['total']): AuctionCell {
  return {
    cellId,
    cellIndex: 0,
    zone,
    total,
    available: total,
    rootfsProviders: new Map([['preloaded', new Set(['cflinuxfs4'])]]),
    placementTags: [],
    optionalPlacementTags: [],
    volumeDrivers: [],
    proxyMemoryMb: 0,
    startingContainers: 0,
    processes: [],
    tasks: 0,
    takesWork: true,
  };
}
