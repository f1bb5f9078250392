// One example of every operation, by its id: what documentation and tests show. An operation without one
// does not compile.
import { bookExamples } from './books.ts'
import { buyerExamples } from './buyer.ts'
import { datasetExamples } from './datasets.ts'
import type { Examples } from './example.ts'
import { identityExamples } from './identity.ts'
import { integrationExamples } from './integration.ts'
import { objectExamples } from './objects.ts'
import { operatorExamples } from './operator.ts'
import { providerExamples } from './provider.ts'
import { resourceExamples } from './resources.ts'
import { searchExamples } from './search.ts'

export const examples: Examples = {
  ...identityExamples,
  ...datasetExamples,
  ...objectExamples,
  ...searchExamples,
  ...buyerExamples,
  ...providerExamples,
  ...operatorExamples,
  ...bookExamples,
  ...resourceExamples,
  ...integrationExamples,
}
