// The port to embedding models. No model is built in yet: a server without an embedder answers `dense`
// and `hybrid` with `no_vectors`, and `auto` chooses lexical.

export interface Embedder {
  /** Stored with every vector: vectors of two models never meet in one list. */
  readonly id: string
  readonly dim: number
  /** It has passed the gate: `auto` may choose hybrid. */
  readonly autoHybrid: boolean
  /** Unicode scripts that it knows, by their long names: `Latin`. */
  readonly scripts: readonly string[]
  /** One vector a text, of unit length, in the order of the texts. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]>
}
