// Invoices that the Halden companies received: other issuers, currencies, layouts and VAT rates.
import type { Invoice } from './invoice.ts'
import {
  garonne,
  haldenBuyer,
  haldenFrance,
  haldenUk,
  kieselbach,
  moorland,
  nimbusfield,
  seeblick,
} from './parties.ts'

const abrasives: Invoice = {
  file: 'invoice-MA-40827-moorland-abrasives.pdf',
  layout: 'band',
  accent: '#7a2e1f',
  number: 'MA-40827',
  issuedOn: '2025-03-28',
  dueOn: '2025-04-27',
  references: [
    { label: 'Account', text: 'HAL-UK-03' },
    { label: 'Purchase order', text: 'UK-25-0093' },
    { label: 'Tax point', text: '26 March 2025' },
  ],
  issuer: moorland,
  buyer: haldenUk,
  currency: 'GBP',
  numberStyle: 'comma',
  opening: 'Goods dispatched from Huddersfield on 26 March 2025, carrier Dales Freight.',
  lines: [
    {
      text: 'Flap disc 125 mm, grit 60, zirconia',
      quantity: 400,
      unit: 'pcs',
      priceCents: 248,
      ratePercent: 20,
    },
    {
      text: 'Cut-off wheel 125 × 1.0 mm, stainless',
      quantity: 1_200,
      unit: 'pcs',
      priceCents: 79,
      ratePercent: 20,
    },
    {
      text: 'Sanding belt 75 × 2,000 mm, grit 120',
      quantity: 150,
      unit: 'pcs',
      priceCents: 615,
      ratePercent: 20,
    },
    {
      text: 'Non-woven hand pad, very fine, box of 20',
      quantity: 24,
      unit: 'box',
      priceCents: 1_840,
      ratePercent: 20,
    },
    {
      text: 'Dressing stick, silicon carbide',
      quantity: 36,
      unit: 'pcs',
      priceCents: 722,
      ratePercent: 20,
    },
    { text: 'Carriage, next day', quantity: 1, unit: 'lot', priceCents: 4_950, ratePercent: 20 },
  ],
  notes: [
    'Terms: 30 days from date of invoice. Interest on late payment under the Late Payment of Commercial Debts Act.',
    'Claims for shortage or damage must reach us within five working days.',
  ],
}

const books: Invoice = {
  file: 'invoice-K-2025-118-verlag-kieselbach.pdf',
  layout: 'letter',
  accent: '#3b3b3b',
  number: 'K 2025/118',
  issuedOn: '2025-02-06',
  dueOn: '2025-02-20',
  references: [
    { label: 'Ordered by', text: 'Training department, letter of 28 January 2025' },
    { label: 'Delivery', text: '4 February 2025, parcel post' },
  ],
  issuer: kieselbach,
  buyer: haldenBuyer,
  currency: 'EUR',
  numberStyle: 'dot',
  opening: 'For the books and online licences that you ordered we charge:',
  lines: [
    {
      text: 'Brandis, “Customs Practice for Shippers”, 9th edition, hardback',
      quantity: 6,
      unit: 'copies',
      priceCents: 6_450,
      ratePercent: 7,
    },
    {
      text: 'Oyelaran, “Warehouse Safety: a Handbook”, paperback',
      quantity: 15,
      unit: 'copies',
      priceCents: 2_480,
      ratePercent: 7,
    },
    {
      text: 'Wall chart “Load Securing”, A1, laminated',
      quantity: 8,
      unit: 'copies',
      priceCents: 1_290,
      ratePercent: 7,
    },
    {
      text: 'Online course “Dangerous Goods”, one year, per seat',
      quantity: 12,
      unit: 'seats',
      priceCents: 8_900,
      ratePercent: 19,
    },
  ],
  notes: [
    'Printed books carry the reduced VAT rate of 7 %, online courses the general rate of 19 %.',
    'We ask for payment within fourteen days. Books can be returned unread within one month.',
  ],
}

const castings: Invoice = {
  file: 'FA-2025-00391-ateliers-garonne.pdf',
  layout: 'letter',
  accent: '#1f3d7a',
  number: 'FA-2025-00391',
  issuedOn: '2025-05-19',
  dueOn: '2025-07-18',
  references: [
    { label: 'Order', text: 'HDF-2025-077 of 2 April 2025' },
    { label: 'Delivery', text: '15 May 2025, Bordeaux warehouse, dock 3' },
    { label: 'Carrier', text: 'Transports Lauragais, waybill 88-4120' },
  ],
  issuer: garonne,
  buyer: haldenFrance,
  currency: 'EUR',
  numberStyle: 'space',
  opening: 'Castings made to your drawings, delivered free to your warehouse:',
  lines: [
    {
      text: 'Pump housing PH-80, grey iron, machined',
      quantity: 64,
      unit: 'pcs',
      priceCents: 18_760,
      ratePercent: 20,
    },
    {
      text: 'Bearing bracket BB-12, ductile iron',
      quantity: 180,
      unit: 'pcs',
      priceCents: 4_215,
      ratePercent: 20,
    },
    {
      text: 'Pattern change, drawing revision C',
      quantity: 1,
      unit: 'lot',
      priceCents: 138_000,
      ratePercent: 20,
    },
    {
      text: 'Material certificates EN 10204 3.1',
      quantity: 2,
      unit: 'pcs',
      priceCents: 4_500,
      ratePercent: 20,
    },
  ],
  notes: [
    'Payment within 60 days from the date of invoice. No discount for early payment.',
    'In case of late payment a fixed sum of 40 EUR for recovery costs is due.',
  ],
  annex: () => ({
    blocks: [
      { kind: 'title', text: 'Delivery remarks' },
      {
        kind: 'paragraph',
        text: 'The consignee disputes the quantity delivered on 15 May 2025: according to the waybill two pallets of bearing brackets were missing when dock 3 took over the goods. The amount of the tax is not in question.',
      },
      { kind: 'heading', text: 'Count on arrival' },
    ],
    table: {
      titles: ['Goods', 'Invoiced', 'Counted', 'Missing'],
      rows: [
        ['Pump housing PH-80', '64', '64', '0'],
        ['Bearing bracket BB-12', '180', '108', '72'],
      ],
    },
    closing: [
      {
        kind: 'paragraph',
        text: 'The carrier was notified by registered letter on 17 May 2025. Ateliers Garonne will send the missing pieces from stock or issue a credit note by 13 June 2025. The dispute about delivery does not put off payment for the pump housings.',
      },
    ],
  }),
}

const servers = ['fra-01', 'fra-02', 'ham-01', 'ham-02', 'muc-01']
const usage: Invoice['lines'] = servers.flatMap((server, index) => [
  {
    text: `Virtual server ${server}, 8 vCPU, 32 GB\nApril 2025, full month`,
    quantity: 1,
    unit: 'month',
    priceCents: 11_900 + index * 700,
    ratePercent: 19,
  },
  {
    text: `Block storage for ${server}, replicated three times`,
    quantity: 500 + index * 250,
    unit: 'GB',
    priceCents: 11,
    ratePercent: 19,
  },
  {
    text: `Snapshots of ${server}, daily, kept for 30 days`,
    quantity: 30,
    unit: 'pcs',
    priceCents: 45 + index * 5,
    ratePercent: 19,
  },
  {
    text: `Outgoing traffic ${server} above the free 20 TB`,
    quantity: 3 + index,
    unit: 'TB',
    priceCents: 120,
    ratePercent: 19,
  },
])

const hosting: Invoice = {
  file: 'invoice-NF-20250501-77120-nimbusfield.pdf',
  layout: 'band',
  accent: '#3a2a78',
  number: 'NF-20250501-77120',
  issuedOn: '2025-05-01',
  dueOn: '2025-05-15',
  references: [
    { label: 'Contract', text: 'C-77120 “Order platform”' },
    { label: 'Period', text: '1 to 30 April 2025' },
    { label: 'Payment', text: 'Direct debit on 15 May 2025' },
  ],
  issuer: nimbusfield,
  buyer: haldenBuyer,
  currency: 'EUR',
  numberStyle: 'comma',
  opening:
    'Services used in the billing period. Times are UTC; usage is rounded up to whole units.',
  lines: [
    ...usage,
    {
      text: 'Managed database, high availability, 2 × 16 GB',
      quantity: 1,
      unit: 'month',
      priceCents: 38_400,
      ratePercent: 19,
    },
    {
      text: 'Object storage, standard class',
      quantity: 4_200,
      unit: 'GB',
      priceCents: 2,
      ratePercent: 19,
    },
    {
      text: 'Load balancer with web firewall',
      quantity: 2,
      unit: 'pcs',
      priceCents: 4_900,
      ratePercent: 19,
    },
    {
      text: 'DDoS protection, advanced',
      quantity: 1,
      unit: 'month',
      priceCents: 19_000,
      ratePercent: 19,
    },
    {
      text: 'Support plan “Business”, answer within one hour',
      quantity: 1,
      unit: 'month',
      priceCents: 25_000,
      ratePercent: 19,
    },
    {
      text: 'Incident work on 9 April 2025, ticket 55-30912',
      quantity: 3,
      unit: 'h',
      priceCents: 11_000,
      ratePercent: 19,
    },
  ],
  notes: ['The amount will be collected by direct debit. You need not do anything.'],
  annex: () => ({
    blocks: [
      { kind: 'title', text: 'Service report for April 2025' },
      {
        kind: 'paragraph',
        text: 'Availability is measured once a minute from three places. The agreed level is 99.95 % in a calendar month; below it a credit is given on the next invoice.',
      },
    ],
    table: {
      titles: ['Server', 'Availability', 'Outage', 'Credit'],
      rows: [
        ['fra-01', '100.00 %', '0 min', 'none'],
        ['fra-02', '99.99 %', '4 min', 'none'],
        ['ham-01', '99.93 %', '31 min', 'EUR 13.30'],
        ['ham-02', '100.00 %', '0 min', 'none'],
        ['muc-01', '99.98 %', '9 min', 'none'],
      ],
    },
    closing: [
      { kind: 'heading', text: 'Incident of 9 April' },
      {
        kind: 'paragraph',
        text: 'Between 02:14 and 02:45 UTC a failed power unit in Hamburg took down one half of rack 17. The machine ham-01 came back after a manual restart. The power unit was replaced on the same day. A credit of EUR 13.30 for ham-01 will be shown on the invoice for May.',
      },
    ],
  }),
}

const hotel: Invoice = {
  file: 'folio-2025-3306-hotel-seeblick.pdf',
  layout: 'folio',
  accent: '#222222',
  number: '2025-3306',
  issuedOn: '2025-09-18',
  dueOn: '2025-09-18',
  references: [
    { label: 'Event', text: 'Halden sales meeting' },
    { label: 'Arrival', text: '16 September 2025' },
    { label: 'Departure', text: '18 September 2025' },
    { label: 'Rooms', text: '14 single rooms' },
  ],
  issuer: seeblick,
  buyer: haldenBuyer,
  currency: 'EUR',
  numberStyle: 'comma',
  opening: 'Group account, charged to the company as agreed in offer 25-119.',
  lines: [
    {
      text: 'Overnight stay, single room',
      quantity: 28,
      unit: 'nights',
      priceCents: 11_800,
      ratePercent: 7,
    },
    {
      text: 'Breakfast buffet',
      quantity: 28,
      unit: 'pers',
      priceCents: 1_900,
      ratePercent: 19,
    },
    {
      text: 'Conference room, full day',
      quantity: 2,
      unit: 'days',
      priceCents: 48_000,
      ratePercent: 19,
    },
    {
      text: 'Lunch, two courses',
      quantity: 32,
      unit: 'pers',
      priceCents: 2_850,
      ratePercent: 19,
    },
    {
      text: 'Dinner, three courses',
      quantity: 16,
      unit: 'pers',
      priceCents: 4_600,
      ratePercent: 19,
    },
    {
      text: 'Coffee breaks',
      quantity: 64,
      unit: 'pers',
      priceCents: 750,
      ratePercent: 19,
    },
    {
      text: 'Parking',
      quantity: 9,
      unit: 'days',
      priceCents: 1_200,
      ratePercent: 19,
    },
  ],
  notes: ['Paid by bank card on departure. We wish you a good journey home.'],
}

export const purchases: readonly Invoice[] = [abrasives, books, castings, hosting, hotel]
