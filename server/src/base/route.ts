// A route joins a reader, a use case and a presenter. The three know nothing of each other's world:
// readers and presenters know the wire, use cases know the product.
import type { OperationId, Operations, ParsedInput, WireBody } from '@ipto/contract/operations.ts'
import type { Call } from './call.ts'
import type { Page, Position } from './page.ts'

/** What a presenter may ask of the route's profile. */
export interface Wire {
  time(date: Date): string
  timeOrNull(date: Date | null): string | null
  /** A signed cursor, bound to this request and its caller. */
  cursor(position: Position): string
  /** Tells what is left of the caller's budget, in a header; nothing where nothing limits. */
  budgetRemaining(micros: bigint | null): void
}

export interface RouteOne<D, I, O> {
  kind: 'one'
  handle(deps: D, call: Call, input: I, wire: Wire): Promise<O>
}

export interface RouteList<D, I, O> {
  kind: 'list'
  handle(deps: D, call: Call, input: I, wire: Wire): Promise<Page<O>>
}

export function route<D, I, A, R, O>(
  read: (input: I) => A,
  use: (deps: D, call: Call, input: A) => Promise<R>,
  present: (result: R, wire: Wire) => O,
): RouteOne<D, I, O> {
  return {
    kind: 'one',
    handle: async (deps, call, input, wire) => present(await use(deps, call, read(input)), wire),
  }
}

export function routeList<D, I, A, R, O>(
  read: (input: I) => A,
  use: (deps: D, call: Call, input: A) => Promise<Page<R>>,
  present: (result: R, wire: Wire) => O,
): RouteList<D, I, O> {
  return {
    kind: 'list',
    handle: async (deps, call, input, wire) => {
      const page = await use(deps, call, read(input))
      return { ...page, items: page.items.map((item) => present(item, wire)) }
    },
  }
}

/** Every operation has a route of the right kind and shape, or the program does not compile. */
export type Routes<D> = {
  [K in OperationId]: Operations[K]['listing'] extends 'list'
    ? RouteList<D, ParsedInput<K>, WireBody<K>>
    : RouteOne<D, ParsedInput<K>, WireBody<K>>
}

/** Any route, for the pipeline that treats all alike. */
export type AnyRoute<D> = RouteOne<D, unknown, unknown> | RouteList<D, unknown, unknown>

/** The routes are typed operation by operation; what goes in was parsed by the operation's own schema. */
export function routeOf<D>(routes: Routes<D>, id: string): AnyRoute<D> | undefined {
  return (routes as unknown as Record<string, AnyRoute<D> | undefined>)[id]
}
