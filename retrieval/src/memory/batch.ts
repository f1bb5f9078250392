// A batch is looked through before anything is changed, so that it is taken whole or not at all.
import type { Change, Chunk } from '../engine.ts'

/** @throws RangeError */
export function checkBatch(batch: readonly Change[]): void {
  for (const change of batch) {
    if (change.kind === 'put') checkChunk(change.chunk)
    else if (!change.objectNos && !change.chunkNos && change.datasetNo === undefined) {
      throw new RangeError('a drop names a dataset, objects or chunks')
    }
  }
}

function checkChunk(chunk: Chunk): void {
  const { chunkNo, datasetNo, objectNo, createdAtSeconds, dateDays } = chunk
  const isSound =
    chunkNo >= 0n &&
    isNumber32(datasetNo) &&
    isNumber32(objectNo) &&
    Number.isFinite(createdAtSeconds) &&
    (dateDays === undefined || Number.isFinite(dateDays))
  if (!isSound) throw new RangeError(`chunk ${chunkNo}: a number or time is out of range`)
}

function isNumber32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
}
