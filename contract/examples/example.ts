// The shape of an example: what a caller may send, and what the answer is. A list shows one item; the
// page around it follows from the profile.
import type { CallerInput, OperationId, WireBody } from '../operations.ts'

// Neither an empty answer nor a file has an example.
type Shown<Body> = undefined extends Body ? null : Body extends Uint8Array ? null : Body

interface Example<K extends OperationId> {
  input: CallerInput<K>
  output: Shown<WireBody<K>>
}

export type Examples = { [K in OperationId]: Example<K> }

export interface ErrorExample {
  message: string
  /** The fields that are wrong, where the error names any. */
  fields?: readonly { field: string; reason: string }[]
  details?: Readonly<Record<string, unknown>>
}
