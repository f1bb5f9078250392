// Examples of the integration API: the invoice of the story as a document, its dataset as a project, its
// tenant as a company.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { hashes, ids } from './story.ts'

const createdAt = '2026-04-05T10:00:00.000Z'
const updatedAt = '2026-04-05T11:30:05.000Z'

const document: WireBody<'documents.list'> = {
  id: ids.object,
  title: 'Invoice 7',
  state: 'done',
  createdAt,
  createdBy: ids.providerUser,
  updatedAt,
  updatedBy: ids.providerUser,
  completedAt: updatedAt,
  fileId: hashes.object,
  projectId: ids.dataset,
  externalId: 'erp-4711',
  externalData: { year: '2025', internal_id: 'abc123' },
}

const project: WireBody<'projects.get'> = {
  id: ids.dataset,
  name: 'AP Invoices 2025',
  note: 'Scanned supplier invoices with their correspondence.',
  isLive: true,
  createdAt,
  updatedAt,
}

const company: WireBody<'companies.get'> = {
  id: ids.provider,
  name: 'Harbour Archive',
  active: true,
  createdAt,
}

export const integrationExamples = {
  'documents.list': {
    input: { limit: 20, offset: 0, sort: '-createdAt', state: ['done'] },
    output: document,
  },
  'documents.get': {
    input: { id: ids.object },
    output: {
      ...document,
      entities: {
        title: 'Invoice 7',
        language: 'en',
        pageCount: 3,
        durationSeconds: null,
        chunkCount: 9,
      },
    },
  },
  'documents.states': {
    input: { id: ids.object },
    output: [
      { state: 'new', updatedAt: createdAt },
      { state: 'done', updatedAt },
    ],
  },
  'documents.external_data': {
    input: { id: ids.object, externalData: { year: '2025', internal_id: 'abc123' } },
    output: null,
  },
  'documents.external_id': {
    input: { id: ids.object, externalId: 'erp-4711' },
    output: null,
  },
  'documents.title': { input: { id: ids.object, title: 'Invoice 7' }, output: null },
  'projects.list': { input: { limit: 20, offset: 0, search: 'invoices' }, output: project },
  'projects.get': { input: { id: ids.dataset }, output: project },
  'companies.list': { input: { limit: 20, offset: 0 }, output: company },
  'companies.get': { input: { id: ids.provider }, output: company },
} satisfies Partial<Examples>
