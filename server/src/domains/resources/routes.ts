import { route, routeList } from '../../base/route.ts'
import { change, create, get, list, remove } from './resources.ts'
import {
  presentNothing,
  presentResource,
  readNewResource,
  readResourceChange,
  readResourceFilter,
  readResourceId,
} from './wire.ts'

export const resourcesRoutes = {
  'resources.create': route(readNewResource, create, presentResource),
  'resources.list': routeList(readResourceFilter, list, presentResource),
  'resources.get': route(readResourceId, get, presentResource),
  'resources.update': route(readResourceChange, change, presentResource),
  'resources.delete': route(readResourceId, remove, presentNothing),
}
