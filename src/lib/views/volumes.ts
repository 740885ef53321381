import { defineRecord } from '../output/record.ts';
import type { DriverRow, VolumeRow } from '../volumes/volumes.ts';

export const VOLUME_RECORD = defineRecord<VolumeRow>({
  name: 'LRP with volumes',
  plural: 'LRPs with volumes',
  id: 'process_guid',
  columns: [
    { name: 'process_guid', description: 'the LRP', shorten: 'guid' },
    { name: 'app_name', description: 'the app', heading: 'APP' },
    { name: 'org_name', description: 'its organization', show: 'wide' },
    { name: 'space_name', description: 'its space', show: 'wide' },
    { name: 'volume_drivers', description: 'the drivers that it needs', heading: 'DRIVERS' },
    { name: 'instances', description: 'desired instances', heading: 'DESIRED' },
    {
      name: 'running',
      description: 'instances that run',
      level: (row) => (row.running < row.instances ? 'warn' : undefined),
    },
    {
      name: 'placeable',
      description: 'whether a cell can take it: yes, no, unknown (only reps know, and they were not asked)',
      level: (row) => (row.placeable === 'no' ? 'bad' : row.placeable === 'unknown' ? 'warn' : undefined),
    },
    { name: 'why', description: 'why none can, or nobody knows', atLeast: 16 },
    {
      name: 'cells',
      description: 'the cells that can',
      align: 'right',
      text: (row) => String(row.cells.length),
    },
    { name: 'placement_tags', description: 'tags that a cell must have', heading: 'TAGS' },
    { name: 'zones', description: 'the zones of the cells' },
    { name: 'rootfs', description: 'its root file system', show: 'wide' },
    { name: 'placement_errors', description: "the auction's own words", show: 'wide' },
  ],
});

export const DRIVER_RECORD = defineRecord<DriverRow>({
  name: 'driver',
  plural: 'drivers',
  id: 'driver',
  columns: [
    { name: 'driver', description: 'the volume driver' },
    { name: 'lrps', description: 'LRPs that need it' },
    { name: 'instances', description: 'their desired instances', heading: 'DESIRED' },
    { name: 'running', description: 'of them running' },
    {
      name: 'cells',
      description: 'cells that are known to have it',
      align: 'right',
      text: (row) => String(row.cells.length),
    },
    { name: 'zones', description: 'their zones' },
    {
      name: 'unplaceable',
      description: 'LRPs that need it and can be placed nowhere',
      level: (row) => (row.unplaceable > 0 ? 'bad' : undefined),
    },
  ],
});
