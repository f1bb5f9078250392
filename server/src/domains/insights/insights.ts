// Reports for buyers, providers and operators. They add up what other domains wrote and never rate,
// charge or write: a sum here equals the sum of the charges it stands for, to the micro. What a buyer
// asked reaches a provider only as words that several buyers share.
export { buyerDashboard, listAccesses, listSearches, spendOf } from './buyer.ts'
export { analyse, analyseDataset, providerDashboard } from './provider.ts'
export { systemState } from './system.ts'
