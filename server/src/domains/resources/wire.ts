import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Resource, ResourceChange, ResourceInput } from './resources.ts'

export function readNewResource(input: ParsedInput<'resources.create'>): ResourceInput {
  return {
    name: input.name,
    description: input.description ?? null,
    metadata: input.metadata ?? {},
  }
}

export function readResourceFilter(input: ParsedInput<'resources.list'>) {
  return { status: input.status ?? null, limit: input.limit }
}

export function readResourceId(input: { id: string }): string {
  return input.id
}

export function readResourceChange(input: ParsedInput<'resources.update'>): ResourceChange {
  return {
    id: input.id,
    name: input.name,
    description: input.description,
    status: input.status,
    metadata: input.metadata,
  }
}

export function presentResource(resource: Resource, wire: Wire) {
  return {
    id: resource.id,
    object: 'resource' as const,
    name: resource.name,
    description: resource.description,
    status: resource.status,
    metadata: resource.metadata,
    createdAt: wire.time(resource.createdAt),
    updatedAt: wire.time(resource.updatedAt),
  }
}

export function presentNothing(): void {}
