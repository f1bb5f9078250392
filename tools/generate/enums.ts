// Closed lists of words that the contract exports (`datasetStatuses`) as types of the SDK
// (`DatasetStatus`): found by their content, so that nothing has to be declared twice.
import * as datasets from '@ipto/contract/datasets.ts'
import * as integration from '@ipto/contract/integration.ts'
import * as invoices from '@ipto/contract/invoices.ts'
import * as objects from '@ipto/contract/objects.ts'
import * as reports from '@ipto/contract/reports.ts'
import * as review from '@ipto/contract/review.ts'
import * as scopes from '@ipto/contract/scopes.ts'
import * as search from '@ipto/contract/search.ts'
import * as webhooks from '@ipto/contract/webhooks.ts'
import { pascal, singular } from './names.ts'

const names = new Map<string, string>()
const modules = [
  scopes,
  datasets,
  objects,
  review,
  search,
  reports,
  invoices,
  webhooks,
  integration,
]
for (const module of modules) {
  for (const [name, value] of Object.entries(module)) {
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) continue
    const key = JSON.stringify(value)
    if (!names.has(key)) names.set(key, pascal(singular(name)))
  }
}

/** The name of a list of words, where the contract exports it. */
export function enumName(values: readonly unknown[]): string | undefined {
  return names.get(JSON.stringify(values))
}

/** All named lists, as declarations. */
export function enumDeclarations(used: (name: string) => boolean): string[] {
  return [...names]
    .filter(([, name]) => used(name))
    .map(([key, name]) => {
      const values: string[] = JSON.parse(key)
      return `export type ${name} = ${values.map((value) => `'${value}'`).join(' | ')}\n`
    })
}
