import { route, routeList } from '../../base/route.ts'
import { getInvoice, listInvoices, printedInvoice } from './invoices.ts'
import { listAllInvoices, recordPayment, voidInvoice } from './payments.ts'
import {
  presentAdminInvoice,
  presentInvoice,
  presentPrinted,
  readAllInvoices,
  readInvoiceId,
  readInvoicesPage,
  readPayment,
  readVoid,
} from './wire.ts'

export const invoicesRoutes = {
  'invoices.list': routeList(readInvoicesPage, listInvoices, presentInvoice),
  'invoices.get': route(readInvoiceId, getInvoice, presentInvoice),
  'invoices.pdf': route(readInvoiceId, printedInvoice, presentPrinted),
  'admin_invoices.list': routeList(readAllInvoices, listAllInvoices, presentAdminInvoice),
  'admin_invoices.pay': route(readPayment, recordPayment, presentAdminInvoice),
  'admin_invoices.void': route(readVoid, voidInvoice, presentAdminInvoice),
}
