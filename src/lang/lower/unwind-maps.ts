import { BpfFlag, MapType } from '../../abi/index.ts';
import { type MapSpec, PROCESS_MAP, ROW_MAP, UNWIND_FILES, unwindProcessSizeBytes } from '../../spec/index.ts';

/** Processes and files that the walk over stacks knows at once. */
const PROCESSES = 256;
const FILES = 4096;

/** The maps of dw_ustack. The number of rows is the user side's to say: it knows the files. */
export const unwindMaps: readonly MapSpec[] = [
  {
    name: PROCESS_MAP,
    type: MapType.Hash,
    keySizeBytes: 8,
    valueSizeBytes: unwindProcessSizeBytes,
    maxEntries: PROCESSES,
    flags: BpfFlag.BPF_F_NO_PREALLOC,
  },
  {
    name: ROW_MAP,
    type: MapType.Array,
    keySizeBytes: 4,
    valueSizeBytes: 8,
    maxEntries: 1,
    flags: BpfFlag.BPF_F_MMAPABLE,
  },
  { name: UNWIND_FILES, type: MapType.Hash, keySizeBytes: 16, valueSizeBytes: 8, maxEntries: FILES, flags: 0 },
];
