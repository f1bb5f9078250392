import { route, routeList } from '../../base/route.ts'
import {
  approvePayout,
  holdPayout,
  listAllPayouts,
  payPayout,
  releasePayout,
  reversePayout,
} from './operate.ts'
import { getPayout, listPayouts } from './payouts.ts'
import { printedStatement } from './statement.ts'
import {
  presentAdminPayout,
  presentPayout,
  presentPrinted,
  readAllPayouts,
  readPay,
  readPayoutId,
  readPayoutsPage,
  readReason,
} from './wire.ts'

export const payoutsRoutes = {
  'payouts.list': routeList(readPayoutsPage, listPayouts, presentPayout),
  'payouts.get': route(readPayoutId, getPayout, presentPayout),
  'payouts.statement': route(readPayoutId, printedStatement, presentPrinted),
  'admin_payouts.list': routeList(readAllPayouts, listAllPayouts, presentAdminPayout),
  'admin_payouts.approve': route(readPayoutId, approvePayout, presentAdminPayout),
  'admin_payouts.pay': route(readPay, payPayout, presentAdminPayout),
  'admin_payouts.hold': route(readReason, holdPayout, presentAdminPayout),
  'admin_payouts.release': route(readPayoutId, releasePayout, presentAdminPayout),
  'admin_payouts.reverse': route(readReason, reversePayout, presentAdminPayout),
}
