// Reports for buyers, providers and operators. They add up what other domains wrote and never rate,
// charge or write: a sum here equals the sum of the charges it stands for, to the micro. What a buyer
// asked reaches a provider only as words that several buyers share.
export {
  type Access,
  type BuyerDashboard,
  buyerDashboard,
  listAccesses,
  listSearches,
  type SearchActivity,
  type Spend,
  spendOf,
} from './buyer.ts'
export {
  type Analytics,
  analyse,
  analyseDataset,
  type DatasetAnalytics,
  type ProviderDashboard,
  providerDashboard,
} from './provider.ts'
export { type SystemState, systemState } from './system.ts'
