import { route, routeList } from '../../base/route.ts'
import { download } from './download.ts'
import {
  getPresent,
  listAll,
  listStates,
  setExternalData,
  setExternalId,
  setTitle,
} from './integration.ts'
import { getObject, listObjects } from './objects.ts'
import { removeObject } from './remove.ts'
import { retry } from './stage.ts'
import { cancelUpload, completeUpload, confirmUpload, startUpload } from './upload.ts'
import {
  presentCancelled,
  presentDownload,
  presentNothing,
  presentObject,
  presentRemoval,
  presentRetry,
  presentStates,
  presentUploadA,
  presentUploadB,
  presentView,
  presentWholeView,
  readExternalData,
  readExternalId,
  readObjectFilter,
  readObjectId,
  readTitle,
  readUploadA,
  readUploadB,
  readUploadId,
  readView,
  readViewed,
} from './wire.ts'

export const objectsRoutes = {
  'objects.upload': route(readUploadA, startUpload, presentUploadA),
  'objects.confirm': route(readObjectId, confirmUpload, presentObject),
  'objects.cancel_upload': route(readObjectId, cancelUpload, presentCancelled),
  'uploads.create': route(readUploadB, startUpload, presentUploadB),
  'uploads.complete': route(readUploadId, completeUpload, presentObject),
  'objects.list': routeList(readObjectFilter, listObjects, presentObject),
  'objects.get': route(readObjectId, getObject, presentObject),
  'objects.download': route(readObjectId, download, presentDownload),
  'objects.retry': route(readObjectId, retry, presentRetry),
  'objects.delete': route(readObjectId, removeObject, presentRemoval),
  'documents.list': routeList(readView, listAll, presentView),
  'documents.get': route(readViewed, getPresent, presentWholeView),
  'documents.states': route(readViewed, listStates, presentStates),
  'documents.external_data': route(readExternalData, setExternalData, presentNothing),
  'documents.external_id': route(readExternalId, setExternalId, presentNothing),
  'documents.title': route(readTitle, setTitle, presentNothing),
}
