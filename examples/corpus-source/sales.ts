// The two invoices from Halden to Acme. The VAT of the first one is disputed on its second page: it
// is the page that the demo's question asks for. The second one is its decoy.
import type { Annex, Invoice, Totals } from './invoice.ts'
import { formatCents } from './money.ts'
import { acme, halden } from './parties.ts'

const paragraph = (text: string) => ({ kind: 'paragraph', text }) as const
const heading = (text: string) => ({ kind: 'heading', text }) as const

function disputeOf({ netCents, vatCents, grossCents }: Totals): Annex {
  return {
    blocks: [
      { kind: 'title', text: 'Dispute notice' },
      paragraph(
        `Acme disputes the VAT of 19 % charged on this invoice of 14 March 2025. The net amount of EUR ${formatCents(netCents)} is accepted; the VAT of EUR ${formatCents(vatCents)} is not.`,
      ),
      paragraph(
        'Ground given by Acme: the linear guides were collected in Hamburg on 11 March and taken to the Acme plant in Linz, Austria. Acme regards this as an exempt intra-Community supply and asks for an invoice without VAT. Halden has no entry certificate for the goods yet and therefore upholds the charge.',
      ),
      heading('Statement showing the VAT dispute with Acme'),
    ],
    table: {
      titles: ['Position', 'Invoice', 'Accepted', 'In dispute'],
      rows: [
        ['Net amount', formatCents(netCents), formatCents(netCents), '0.00'],
        ['VAT 19 %', formatCents(vatCents), '0.00', formatCents(vatCents)],
        ['Total in EUR', formatCents(grossCents), formatCents(netCents), formatCents(vatCents)],
      ],
    },
    closing: [
      heading('What happens next'),
      { kind: 'item', text: '21 March: dispute received from Acme, case DSP-0098 opened.' },
      {
        kind: 'item',
        text: '31 March: entry certificate for Linz requested. Without it the VAT dispute stays open.',
      },
      {
        kind: 'item',
        text: 'The accepted part falls due as agreed. Dunning of the VAT part is suspended.',
      },
      paragraph(
        'Copy for the file of Acme Industrial GmbH. Note added by Halden Trading, receivables desk, on 31 March 2025.',
      ),
    ],
  }
}

const march: Invoice = {
  file: 'INV-2025-0317-acme-industrial.pdf',
  layout: 'ledger',
  accent: '#0f4c5c',
  number: 'INV-2025-0317',
  issuedOn: '2025-03-14',
  dueOn: '2025-04-13',
  filedOn: '2025-03-31',
  references: [
    { label: 'Customer no.', text: '20 417' },
    { label: 'Your order', text: 'PO 4500 118 263' },
    { label: 'Delivery note', text: 'DN-25-02281' },
    { label: 'Collected', text: '11 March 2025, Hamburg' },
  ],
  issuer: halden,
  buyer: acme,
  currency: 'EUR',
  numberStyle: 'comma',
  opening: 'We invoice the following goods and services under framework agreement HT-2023-114:',
  lines: [
    {
      text: 'Linear guide LG-45, hardened rail, 1,200 mm\nArticle 310-4512, batch 25-0188',
      quantity: 24,
      unit: 'pcs',
      priceCents: 41_850,
      ratePercent: 19,
    },
    {
      text: 'Carriage block LG-45 with wipers\nArticle 310-4590',
      quantity: 48,
      unit: 'pcs',
      priceCents: 12_640,
      ratePercent: 19,
    },
    {
      text: 'Grease cartridge 400 ml, lithium complex\nArticle 880-0400',
      quantity: 36,
      unit: 'pcs',
      priceCents: 1_185,
      ratePercent: 19,
    },
    {
      text: 'Alignment and calibration report\nPerformed on 10 March 2025, two technicians',
      quantity: 14,
      unit: 'h',
      priceCents: 9_600,
      ratePercent: 19,
    },
    {
      text: 'Seaworthy packing, two crates',
      quantity: 2,
      unit: 'pcs',
      priceCents: 17_500,
      ratePercent: 19,
    },
  ],
  notes: [
    'Payable within 30 days without deduction. Goods remain our property until they are paid in full.',
    'Please quote the invoice number with your payment. See page 2 for remarks on this account.',
  ],
  annex: disputeOf,
}

const june: Invoice = {
  file: 'INV-2025-0642-acme-industrial.pdf',
  layout: 'ledger',
  accent: '#0f4c5c',
  number: 'INV-2025-0642',
  issuedOn: '2025-06-11',
  dueOn: '2025-07-11',
  references: [
    { label: 'Customer no.', text: '20 417' },
    { label: 'Your order', text: 'PO 4500 121 907' },
    { label: 'Delivery note', text: 'DN-25-04610' },
    { label: 'Delivered', text: '5 June 2025, Stuttgart' },
  ],
  issuer: halden,
  buyer: acme,
  currency: 'EUR',
  numberStyle: 'comma',
  opening: 'We invoice the following goods under framework agreement HT-2023-114:',
  lines: [
    {
      text: 'Ball screw BS-32, pitch 10 mm, 900 mm\nArticle 320-3210',
      quantity: 12,
      unit: 'pcs',
      priceCents: 28_900,
      ratePercent: 19,
    },
    {
      text: 'Servo coupling SC-20, backlash free\nArticle 330-2007',
      quantity: 30,
      unit: 'pcs',
      priceCents: 6_475,
      ratePercent: 19,
    },
    {
      text: 'Inductive sensor M12, PNP, cable 5 m\nArticle 415-1205',
      quantity: 60,
      unit: 'pcs',
      priceCents: 1_990,
      ratePercent: 19,
    },
    {
      text: 'Carriage to Stuttgart, one pallet',
      quantity: 1,
      unit: 'lot',
      priceCents: 14_800,
      ratePercent: 19,
    },
  ],
  notes: [
    'Payable within 30 days without deduction. Goods remain our property until they are paid in full.',
    'Delivered within Germany: VAT is due at the general rate. Thank you for your order.',
  ],
}

export const sales: readonly Invoice[] = [march, june]
