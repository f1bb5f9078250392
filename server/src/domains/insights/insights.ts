// Reports for buyers, providers and operators, and the check of the books. They add up what other domains
// wrote and never rate or charge: a sum here equals the sum of the charges it stands for, to the micro.
// What a buyer asked reaches a provider only as words that several buyers share.
export { checkBooks, checkBooksNow, type Finding, lastBookCheck } from './books.ts'
export { buyerDashboard, listAccesses, listSearches, spendOf } from './buyer.ts'
export { evidenceOf } from './evidence.ts'
export { analyse, analyseDataset, providerDashboard } from './provider.ts'
export { spendSeries } from './series.ts'
export { systemState } from './system.ts'
export { listUsage } from './usage.ts'
