// Labels of a tenant: an agent, an app, a project, a cost centre. Keys, searches and spend can be
// attributed to one.
import { z } from 'zod'
import { id, paging, text, time } from './fields.ts'
import { listing, nothingBody, operation } from './operation.ts'

export const resourceStatuses = ['active', 'paused', 'archived'] as const

const shared = { profile: 'resource' as const, tag: 'Resources' }

const Resource = z.strictObject({
  id,
  object: z.literal('resource'),
  name: z.string(),
  description: z.string().nullable(),
  status: z.enum(resourceStatuses),
  metadata: z.record(z.string(), z.string()),
  createdAt: time,
  updatedAt: time,
})

const name = text(1, 200)
const description = text(0, 2_000).nullable()
const metadata = z
  .record(text(1, 50), text(0, 500))
  .refine((value) => Object.keys(value).length <= 20, { message: 'must have at most 20 keys' })

export const resourcesCreate = operation({
  ...shared,
  id: 'resources.create',
  method: 'POST',
  path: '/v1/resources',
  summary: 'Create a resource',
  scope: 'datasets:write',
  input: z.strictObject({
    name,
    description: description.optional(),
    metadata: metadata.optional(),
  }),
  output: Resource,
  status: 201,
})

export const resourcesList = listing({
  ...shared,
  id: 'resources.list',
  method: 'GET',
  path: '/v1/resources',
  summary: 'Resources of the tenant, newest first; archived ones only where they are asked for',
  scope: 'datasets:read',
  input: z.strictObject({
    ...paging,
    // The template's loop starts with null, which no query can say: it is not sent.
    cursor: paging.cursor.nullable(),
    status: z.enum(resourceStatuses).optional(),
  }),
  output: Resource,
})

export const resourcesGet = operation({
  ...shared,
  id: 'resources.get',
  method: 'GET',
  path: '/v1/resources/{id}',
  summary: 'One resource',
  scope: 'datasets:read',
  input: z.strictObject({ id }),
  output: Resource,
})

export const resourcesUpdate = operation({
  ...shared,
  id: 'resources.update',
  method: 'PATCH',
  path: '/v1/resources/{id}',
  summary: 'Change the fields that are sent; metadata is replaced as a whole',
  scope: 'datasets:write',
  input: z.strictObject({
    id,
    name: name.optional(),
    description: description.optional(),
    status: z.enum(resourceStatuses).optional(),
    metadata: metadata.optional(),
  }),
  output: Resource,
})

export const resourcesDelete = operation({
  ...shared,
  id: 'resources.delete',
  method: 'DELETE',
  path: '/v1/resources/{id}',
  summary: 'Delete a resource for good',
  scope: 'datasets:write',
  input: z.strictObject({ id }),
  output: nothingBody,
  status: 204,
})
