import { route, routeList } from '../../base/route.ts'
import { listDeliveries, redeliver, testEndpoint } from './deliveries.ts'
import {
  changeEndpoint,
  createEndpoint,
  getEndpoint,
  listEndpoints,
  removeEndpoint,
} from './webhooks.ts'
import {
  presentDelivery,
  presentEndpoint,
  presentNothing,
  presentShown,
  readChange,
  readDeliveriesPage,
  readDeliveryId,
  readEndpointsPage,
  readNewEndpoint,
  readWebhookId,
} from './wire.ts'

export const webhooksRoutes = {
  'webhooks.create': route(readNewEndpoint, createEndpoint, presentShown<string>),
  'webhooks.list': routeList(readEndpointsPage, listEndpoints, presentEndpoint),
  'webhooks.get': route(readWebhookId, getEndpoint, presentEndpoint),
  'webhooks.update': route(readChange, changeEndpoint, presentShown),
  'webhooks.delete': route(readWebhookId, removeEndpoint, presentNothing),
  'webhooks.test': route(readWebhookId, testEndpoint, presentDelivery),
  'webhook_deliveries.list': routeList(readDeliveriesPage, listDeliveries, presentDelivery),
  'webhook_deliveries.retry': route(readDeliveryId, redeliver, presentDelivery),
}
