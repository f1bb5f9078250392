// The integration API `/v2`: documents, projects and companies as a read view of objects, datasets and
// tenants, and intents that answer 202. Members, limits and words are those of the published API
// (integration-facts 1.3, 1.4); a higher number than `/v1` does not make it its successor.
import { z } from 'zod'
import { id, metadata, text, time } from './fields.ts'
import { listing, nothingBody, operation } from './operation.ts'

/** All are legal filters; some match nothing here. */
export const documentStates = [
  'done',
  'doneAutomatically',
  'extracted',
  'failed',
  'inCompletion',
  'junk',
  'new',
  'processing',
  'rejected',
  'reviewRequired',
  'split',
  'transferFailed',
  'transferred',
] as const

/** Above it a limit is lowered to it, and echoed so. */
export const windowLimitMax = 50
/** How far a list can be skipped: each row that is skipped is read. */
export const windowOffsetMax = 1_000_000

const window = {
  limit: z.int().min(0).default(20),
  offset: z.int().min(0).max(windowOffsetMax).default(0),
}

const createdSorts = ['createdAt', '-createdAt', '+createdAt'] as const
const documentSorts = [...createdSorts, 'updatedAt', '-updatedAt', '+updatedAt'] as const

const projectId = z.string().regex(/^dset_[0-9a-hjkmnp-tv-z]{26}$/, 'is not an id of a project')

const documentFields = {
  id,
  title: z.string(),
  state: z.enum(documentStates),
  createdAt: time,
  createdBy: z.string(),
  updatedAt: time,
  updatedBy: z.string(),
  completedAt: time.nullable(),
  fileId: z.string().nullable(),
  projectId: id,
  externalId: z.string().nullable(),
  externalData: metadata,
}

export const documentsList = listing({
  id: 'documents.list',
  method: 'GET',
  path: '/v2/documents',
  profile: 'document',
  tag: 'Integration',
  summary: 'Documents of the own tenant, which are the objects of its datasets',
  scope: 'datasets:read',
  input: z.strictObject({
    ...window,
    sort: z.enum(documentSorts).default('-createdAt'),
    projectId: z.array(projectId).max(100).optional(),
    state: z.array(z.enum(documentStates)).max(100).optional(),
    fileId: z.string().max(200).optional(),
  }),
  output: z.strictObject(documentFields),
})

export const documentsGet = operation({
  id: 'documents.get',
  method: 'GET',
  path: '/v2/documents/{id}',
  profile: 'document',
  tag: 'Integration',
  summary: 'One document, with what was extracted from it',
  scope: 'datasets:read',
  input: z.strictObject({ id }),
  output: z.strictObject({
    ...documentFields,
    entities: z.strictObject({
      title: z.string().nullable(),
      language: z.string().nullable(),
      pageCount: z.int().nullable(),
      durationSeconds: z.number().nullable(),
      chunkCount: z.int(),
    }),
  }),
})

export const documentsStates = operation({
  id: 'documents.states',
  method: 'GET',
  path: '/v2/documents/{id}/states',
  profile: 'document',
  tag: 'Integration',
  summary: 'The states of a document so far, oldest first',
  scope: 'datasets:read',
  input: z.strictObject({ id }),
  output: z.array(z.strictObject({ state: z.enum(documentStates), updatedAt: time })),
})

const pairsMax = 20
const keyCharsMax = 50

// Longer keys are dropped, as published; a key that differs in case alone would be lost, and is refused.
const externalDataIn = z
  .record(
    z.string().normalize('NFC').min(1, 'must not have an empty key'),
    z.union([text(0, 500), z.number(), z.boolean()]),
  )
  .transform((pairs) =>
    Object.fromEntries(Object.entries(pairs).filter(([key]) => [...key].length <= keyCharsMax)),
  )
  .superRefine((pairs, context) => {
    const seen = new Set<string>()
    for (const key of Object.keys(pairs)) {
      const folded = key.toLowerCase().normalize('NFC')
      if (seen.has(folded)) {
        const message = 'differs from another key in case alone'
        context.addIssue({ code: 'custom', path: [key], message })
      }
      seen.add(folded)
    }
    if (seen.size > pairsMax) {
      context.addIssue({ code: 'custom', message: `must have at most ${pairsMax} pairs` })
    }
  })

const intent = {
  method: 'POST',
  profile: 'document',
  tag: 'Integration',
  scope: 'objects:write',
  output: nothingBody,
  status: 202,
} as const

export const documentsExternalData = operation({
  ...intent,
  id: 'documents.external_data',
  path: '/v2/documents/{id}/external-data',
  summary: 'Replace all external data of a document; an empty object clears it',
  input: z.strictObject({ id, externalData: externalDataIn }),
  bodyField: 'externalData',
})

export const documentsExternalId = operation({
  ...intent,
  id: 'documents.external_id',
  path: '/v2/documents/{id}/external-id',
  summary: 'Set the id of a document in another system',
  input: z.strictObject({ id, externalId: text(1, 256) }),
  bodyMedia: 'text',
  bodyField: 'externalId',
})

export const documentsTitle = operation({
  ...intent,
  id: 'documents.title',
  path: '/v2/documents/{id}/title',
  summary: 'Set the title of a document',
  input: z.strictObject({ id, title: text(1, 256) }),
  bodyMedia: 'text',
  bodyField: 'title',
})

const Project = z.strictObject({
  id,
  name: z.string(),
  note: z.string().nullable(),
  isLive: z.boolean(),
  createdAt: time,
  updatedAt: time,
})

export const projectsList = listing({
  id: 'projects.list',
  method: 'GET',
  path: '/v2/projects',
  profile: 'document',
  tag: 'Integration',
  summary: 'Projects of the own tenant, which are its datasets',
  scope: 'datasets:read',
  input: z.strictObject({
    ...window,
    sort: z.enum(createdSorts).default('-createdAt'),
    search: text(1, 200).optional(),
  }),
  output: Project,
})

export const projectsGet = operation({
  id: 'projects.get',
  method: 'GET',
  path: '/v2/projects/{id}',
  profile: 'document',
  tag: 'Integration',
  summary: 'One project',
  scope: 'datasets:read',
  input: z.strictObject({ id }),
  output: Project,
})

const Company = z.strictObject({ id, name: z.string(), active: z.boolean(), createdAt: time })

export const companiesList = listing({
  id: 'companies.list',
  method: 'GET',
  path: '/v2/companies',
  profile: 'document',
  tag: 'Integration',
  summary: 'The own tenant, as a list of one',
  scope: 'datasets:read',
  input: z.strictObject(window),
  output: Company,
})

export const companiesGet = operation({
  id: 'companies.get',
  method: 'GET',
  path: '/v2/companies/{id}',
  profile: 'document',
  tag: 'Integration',
  summary: 'The own tenant',
  scope: 'datasets:read',
  input: z.strictObject({ id }),
  output: Company,
})
