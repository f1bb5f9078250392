import { route, routeList } from '../../base/route.ts'
import { download } from './download.ts'
import { getObject, listObjects } from './objects.ts'
import { removeObject } from './remove.ts'
import { retry } from './stage.ts'
import { cancelUpload, completeUpload, confirmUpload, startUpload } from './upload.ts'
import {
  presentCancelled,
  presentDownload,
  presentObject,
  presentRemoval,
  presentRetry,
  presentUploadA,
  presentUploadB,
  readObjectFilter,
  readObjectId,
  readUploadA,
  readUploadB,
  readUploadId,
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
}
