// The list of the sample corpus: which file lies where, in which dataset it belongs, and how it is
// made. `manifest.json` is written from it and is what the demo reads.
import { renderInvoice } from './invoice-pdf.ts'
import {
  readVatGuide,
  renderDisputeLetter,
  renderMaintenanceContract,
  renderSupplyAgreement,
} from './legal.ts'
import { payslipFile, renderPayslip } from './payslip.ts'
import { purchases } from './purchases.ts'
import { receiptFile, renderReceipt } from './receipt.ts'
import { renderOrders, renderSuppliers } from './records.ts'
import { quarters } from './report-figures.ts'
import { renderReport } from './report-pdf.ts'
import { sales } from './sales.ts'
import { renderScannedInvoice, scannedInvoice } from './scanned-invoice.ts'

const types = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html',
  png: 'image/png',
  csv: 'text/csv',
  json: 'application/json',
} as const

export interface CorpusFile {
  /** Below `examples/corpus/`. */
  path: string
  dataset: 'invoices' | 'reports' | 'legal'
  contentType: (typeof types)[keyof typeof types]
  /** Pages of a PDF or picture; formats without pages have none. */
  pages: number | null
  /** The text can only be read by text recognition. */
  isScanned: boolean
  /** The operator of the demo turns the file away, for this reason. */
  rejected: boolean
  reason: string | null
}

export interface CorpusSource extends CorpusFile {
  render: () => Buffer | Promise<Buffer>
}

function source(
  path: string,
  dataset: CorpusFile['dataset'],
  rest: { render: CorpusSource['render']; pages?: number } & Partial<CorpusFile>,
): CorpusSource {
  const contentType: CorpusFile['contentType'] | undefined = Object.entries(types).find(
    ([ending]) => path.endsWith(`.${ending}`),
  )?.[1]
  if (contentType === undefined) throw new Error(`${path} has an ending without a media type`)
  return {
    path,
    dataset,
    contentType,
    pages: null,
    isScanned: false,
    rejected: false,
    reason: null,
    ...rest,
  }
}

// Pages beyond the first one.
const longInvoices: Record<string, number> = {
  'INV-2025-0317': 2,
  'FA-2025-00391': 2,
  'NF-20250501-77120': 3,
}

const invoices = [...sales, ...purchases].map((invoice) =>
  source(`invoices/${invoice.file}`, 'invoices', {
    render: () => renderInvoice(invoice),
    pages: longInvoices[invoice.number] ?? 1,
  }),
)

const reports = quarters.map((quarter) =>
  source(`reports/${quarter.file}`, 'reports', { render: () => renderReport(quarter), pages: 4 }),
)

export const corpusSources: readonly CorpusSource[] = [
  ...invoices,
  source(`invoices/${scannedInvoice.file}`, 'invoices', {
    render: renderScannedInvoice,
    pages: 1,
    isScanned: true,
  }),
  source(`invoices/${receiptFile}`, 'invoices', {
    render: renderReceipt,
    pages: 1,
    isScanned: true,
  }),
  source(`invoices/${payslipFile}`, 'invoices', {
    render: renderPayslip,
    pages: 1,
    rejected: true,
    reason:
      'Personal data: a payslip with name, private address, e-mail and bank account. Not an invoice.',
  }),
  ...reports,
  source('legal/framework-supply-agreement.docx', 'legal', { render: renderSupplyAgreement }),
  source('legal/maintenance-contract.pdf', 'legal', {
    render: renderMaintenanceContract,
    pages: 3,
  }),
  source('legal/objection-acme-2025-03-20.docx', 'legal', { render: renderDisputeLetter }),
  source('legal/vat-guide.html', 'legal', { render: readVatGuide }),
  source('records/orders-2025.csv', 'invoices', { render: renderOrders }),
  source('records/suppliers.json', 'reports', { render: renderSuppliers }),
]

export const corpusDatasets = [
  {
    name: 'invoices',
    description: 'Invoices issued and received by a machine parts trader in 2025, with orders.',
    sourceModality: 'mixed',
    visibility: 'listed',
    monetizationMode: 'open',
  },
  {
    name: 'reports',
    description: 'Quarterly reports of the Halden Trading Group for 2025, with its suppliers.',
    sourceModality: 'mixed',
    visibility: 'listed',
    monetizationMode: 'premium',
  },
  {
    name: 'legal',
    description: 'Contracts, correspondence and tax guidance of Halden Trading.',
    sourceModality: 'mixed',
    visibility: 'restricted',
    monetizationMode: 'outcome_share',
  },
] as const

/** What the demo asks, and the page that answers it. */
export const corpusQuestion = {
  text: 'invoice showing VAT dispute with Acme in March',
  path: `invoices/${sales[0]?.file ?? ''}`,
  page: 2,
} as const
