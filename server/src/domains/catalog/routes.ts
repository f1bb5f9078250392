// Grants and access requests stand here and not in `access`, because they name datasets.
import { route, routeList } from '../../base/route.ts'
import * as access from '../access/access.ts'
import { askForAccess } from './ask.ts'
import {
  browse,
  changeDataset,
  createDataset,
  getDataset,
  getListing,
  listDatasets,
  removeDataset,
} from './catalog.ts'
import { listPriceBooks, publishPriceBook } from './price-books.ts'
import { getProject, listProjects } from './projects.ts'
import {
  presentChangedDataset,
  presentDataset,
  presentGrant,
  presentListing,
  presentPriceBook,
  presentProject,
  presentRequest,
  readApproval,
  readCatalogFilter,
  readDatasetChange,
  readDatasetFilter,
  readDatasetId,
  readDenial,
  readGrantFilter,
  readGrantId,
  readNewDataset,
  readNewGrant,
  readNewPriceBook,
  readNewRequest,
  readPriceBooksPage,
  readProjectFilter,
  readProjectId,
  readRequestFilter,
  readRequestId,
} from './wire.ts'

export const catalogRoutes = {
  'datasets.create': route(readNewDataset, createDataset, presentDataset),
  'datasets.list': routeList(readDatasetFilter, listDatasets, presentDataset),
  'datasets.get': route(readDatasetId, getDataset, presentDataset),
  'datasets.update': route(readDatasetChange, changeDataset, presentChangedDataset),
  'datasets.delete': route(readDatasetId, removeDataset, presentChangedDataset),
  'catalog.list': routeList(readCatalogFilter, browse, presentListing),
  'catalog.get': route(readDatasetId, getListing, presentListing),
  'price_books.list': routeList(readPriceBooksPage, listPriceBooks, presentPriceBook),
  'price_books.create': route(readNewPriceBook, publishPriceBook, presentPriceBook),
  'access_requests.create': route(readNewRequest, askForAccess, presentRequest),
  'access_requests.list': routeList(readRequestFilter, access.listRequests, presentRequest),
  'access_requests.approve': route(readApproval, access.decideRequest, presentRequest),
  'access_requests.deny': route(readDenial, access.decideRequest, presentRequest),
  'access_requests.withdraw': route(readRequestId, access.withdrawRequest, presentRequest),
  'grants.create': route(readNewGrant, access.grant, presentGrant),
  'grants.list': routeList(readGrantFilter, access.listGrants, presentGrant),
  'grants.revoke': route(readGrantId, access.revokeGrant, presentGrant),
  'projects.list': routeList(readProjectFilter, listProjects, presentProject),
  'projects.get': route(readProjectId, getProject, presentProject),
}
