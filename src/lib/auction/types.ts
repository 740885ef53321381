/**
 * What goes into an auction and what comes out of it, in Diego's terms. MB means MiB, as in Diego's own fields.
 */

/** rep.Resources: what a cell has, in total or still free. */
export interface Capacity {
  memoryMb: number;
  diskMb: number;
  containers: number;
}

/**
 * rep.RootFSProviders: by URL scheme, either any root file system of that scheme (`docker`) or a fixed set of names
 * (`preloaded`, `preloaded+layer`).
 */
export type RootfsProviders = ReadonlyMap<string, 'any' | ReadonlySet<string>>;

/** rep.PlacementConstraint: what an LRP or a task asks of a cell besides room. */
export interface PlacementConstraint {
  rootfs: string;
  placementTags: readonly string[];
  volumeDrivers: readonly string[];
}

/** What a cell offers to placement constraints. Cells that offer the same form one kind. */
export interface CellOffer {
  rootfsProviders: RootfsProviders;
  placementTags: readonly string[];
  optionalPlacementTags: readonly string[];
  volumeDrivers: readonly string[];
}

/** rep.CellState, as the auctioneer reads it from a cell's `/state` before it schedules. */
export interface AuctionCell extends CellOffer {
  cellId: string;
  /** The BOSH index of the VM. Only bin-packing looks at it. */
  cellIndex: number;
  zone: string;
  total: Capacity;
  /** What is free, the proxies of running LRPs deducted. Can be negative. */
  available: Capacity;
  /** Memory that the rep adds to every LRP for its proxy; 0 where proxies are off. */
  proxyMemoryMb: number;
  startingContainers: number;
  /** The process GUID of every LRP that the rep holds, one entry an instance. */
  processes: readonly string[];
  /** How many tasks the rep holds. */
  tasks: number;
  /** False for a cell that evacuates, answers 503 or another id, or does not answer: the auctioneer leaves it out. */
  takesWork: boolean;
}

export interface LrpAuction {
  processGuid: string;
  index: number;
  memoryMb: number;
  diskMb: number;
  constraint: PlacementConstraint;
}

export interface TaskAuction {
  taskGuid: string;
  memoryMb: number;
  diskMb: number;
  constraint: PlacementConstraint;
}

/** The auctioneer's settings, by their names in diego-release's `auctioneer` job. */
export interface AuctionSettings {
  /** `starting_container_weight`: what a starting container adds to a cell's score. */
  startingContainerWeight: number;
  /** `bin_pack_first_fit_weight`: what a cell's index adds to its score; 0 turns bin-packing off. */
  binPackFirstFitWeight: number;
  /** `starting_container_count_maximum`: no more starts once so many containers start; 0 or less: no limit. */
  maxInflight: number;
}

/** The job's defaults. */
export const DEFAULT_SETTINGS: AuctionSettings = {
  startingContainerWeight: 0.25,
  binPackFirstFitWeight: 0,
  maxInflight: 0,
};

/** `auction`: no cell was found for it. `commit`: a cell was, but turned it down when the batch was committed. */
export type FailureStage = 'auction' | 'commit';

export interface LrpPlacement {
  processGuid: string;
  index: number;
  cellId: string;
}

export interface TaskPlacement {
  taskGuid: string;
  cellId: string;
}

export interface LrpFailure {
  processGuid: string;
  index: number;
  /** The placement error as Diego stores and shows it. Empty after a commit failure. */
  placementError: string;
  stage: FailureStage;
}

export interface TaskFailure {
  taskGuid: string;
  placementError: string;
  stage: FailureStage;
}

/** A cell after the batch was committed to it. */
export interface CellAfter {
  cellId: string;
  available: Capacity;
  lrps: number;
  tasks: number;
}

/** One batch: every LRP and task of it is placed or failed. */
export interface AuctionRound {
  placements: LrpPlacement[];
  taskPlacements: TaskPlacement[];
  failed: LrpFailure[];
  failedTasks: TaskFailure[];
  cellsAfter: CellAfter[];
}
