// Our own engine, in this process. Translates the port's words into those of `retrieval`, which knows
// nothing of tenants: the reach becomes its numbers.
import {
  type Change,
  type Chunk,
  type Filter,
  openMemoryIndex,
  QuestionError,
  type RetrievalIndex,
  SearchTimeout,
  snippet,
} from '@ipto/retrieval'
import { Failure } from '../../base/errors.ts'
import type {
  Engine,
  EngineChange,
  EngineChunk,
  EngineFilters,
  EngineRequest,
  EngineResult,
} from '../../domains/search/engine.ts'

const snippetWordsMax = 30

export function openEmbeddedEngine(): Engine {
  const index = openMemoryIndex()
  return {
    hasVectors: () => false,
    apply: (changes, sequence) => index.apply(changes.map(toChange), sequence),
    search: (request, signal) => search(index, request, signal),
    snippet: ({ text, language }, tree) => {
      const cut = snippet({ text, tree, language, wordsMax: snippetWordsMax })
      return { text: cut.text, highlights: cut.highlights }
    },
    check: async () => void index.stats(),
    close: () => index.close(),
  }
}

async function search(
  index: RetrievalIndex,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineResult> {
  const reach = Uint32Array.from(request.reach.datasets, (dataset) => dataset.no)
  try {
    const result = await index.search(
      {
        reach,
        tree: request.tree,
        vectors: new Map(),
        filters: toFilters(request.filters),
        mode: 'lexical',
        plain: request.plain,
        limit: request.limit,
        timeLimitMs: request.timeLimitMs,
        explain: request.explain,
      },
      signal,
    )
    return {
      found: result.hits.map(({ chunkNo, datasetNo, score, passageHash }) => ({
        chunkNo,
        datasetNo,
        score,
        passageHash: passageHash.toString(16),
      })),
      explain: result.explain && { ...result.explain },
    }
  } catch (error) {
    throw toFailure(error)
  }
}

function toFailure(error: unknown): unknown {
  if (error instanceof SearchTimeout) {
    return new Failure('search_timeout', 'The search took too long and was stopped. Narrow it.')
  }
  if (error instanceof QuestionError) {
    const { code, start, end, hint } = error
    return new Failure(code, `The question cannot be answered: ${hint}`, {
      details: { start, end, hint },
    })
  }
  return error
}

function toChange(change: EngineChange): Change {
  return change.kind === 'put'
    ? { kind: 'put', chunk: toChunk(change.chunk) }
    : { kind: 'drop', objectNos: [change.objectNo] }
}

function toChunk(chunk: EngineChunk): Chunk {
  return {
    chunkNo: chunk.chunkNo,
    datasetNo: chunk.datasetNo,
    objectNo: chunk.objectNo,
    ord: chunk.ord,
    language: chunk.language,
    title: chunk.title,
    text: chunk.text,
    modality: numberOf(chunk.modality),
    mime: chunk.mime,
    createdAtSeconds: Math.floor(chunk.createdAt.getTime() / 1_000),
    keywords: [
      ['filename', chunk.filename],
      ['modality', chunk.modality],
      ['mime', chunk.mime],
      ['lang', chunk.language],
      ...chunk.keywords.map(([field, value]): [string, string] => [field, value]),
    ],
    passageHash: BigInt(`0x${chunk.passageSha256.slice(0, 16)}`),
  }
}

// The engine compares modalities as numbers; the place in this list is the number, so it only grows.
const modalities = ['document', 'image', 'audio', 'video', 'records', 'mixed']

function numberOf(modality: string): number {
  return modalities.indexOf(modality)
}

function toFilters(filters: EngineFilters): Filter[] {
  const { mimes, languages, objectNos, createdFrom, createdTo } = filters
  const all: (Filter | null)[] = [
    filters.modalities && { field: 'modality', anyOf: filters.modalities.map(numberOf) },
    mimes && { field: 'mime', anyOf: [...mimes] },
    languages && { field: 'language', anyOf: [...languages] },
    objectNos && { field: 'object', anyOf: [...objectNos] },
    createdFrom || createdTo
      ? {
          field: 'created',
          fromMs: createdFrom?.getTime() ?? null,
          toMs: createdTo?.getTime() ?? null,
        }
      : null,
    ...filters.metadata.map(([key, value]): Filter => ({ field: 'meta', key, anyOf: [value] })),
  ]
  return all.filter((one) => one !== null)
}
