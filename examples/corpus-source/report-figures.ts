// The figures of the three quarterly reports, in thousands of euros. Whatever follows from others is
// worked out, so tables, charts and text agree.

export interface Quarter {
  file: string
  name: string
  text: string
  period: string
  closing: string
  publishedOn: string
  segments: { name: string; revenue: number; before: number }[]
  regions: { name: string; revenue: number }[]
  costs: { materials: number; personnel: number; other: number; depreciation: number }
  interest: number
  cash: { opening: number; operating: number; investing: number; financing: number }
  receivables: { age: string; amount: number }[]
  people: number
}

type Pair = [revenue: number, before: number]

function segmentsOf(...pairs: Pair[]) {
  return ['Machine parts', 'Consumables', 'Services', 'Logistics'].map((name, index) => {
    const [revenue, before] = pairs[index] ?? [0, 0]
    return { name, revenue, before }
  })
}

function regionsOf(...amounts: number[]) {
  const names = ['Germany, Austria, Switzerland', 'Benelux and France', 'Nordic countries']
  return [...names, 'United Kingdom and Ireland'].map((name, index) => {
    return { name, revenue: amounts[index] ?? 0 }
  })
}

function receivablesOf(...amounts: number[]) {
  const ages = ['Not yet due', '1 to 30 days', '31 to 60 days', '61 to 90 days', 'Over 90 days']
  return ages.map((age, index) => ({ age, amount: amounts[index] ?? 0 }))
}

export const quarters: readonly Quarter[] = [
  {
    file: 'halden-group-q1-2025.pdf',
    name: 'Q1 2025',
    text: 'q1',
    period: '1 January to 31 March 2025',
    closing: '31 March 2025',
    publishedOn: '2025-05-08',
    segments: segmentsOf([18_420, 17_690], [9_135, 8_720], [4_870, 4_310], [3_290, 3_460]),
    regions: regionsOf(19_840, 7_415, 5_120, 3_340),
    costs: { materials: 21_930, personnel: 7_480, other: 3_560, depreciation: 1_120 },
    interest: 310,
    cash: { opening: 6_240, operating: 1_870, investing: -1_310, financing: -640 },
    receivables: receivablesOf(12_610, 2_940, 1_120, 385, 240),
    people: 486,
  },
  {
    file: 'halden-group-q2-2025.pdf',
    name: 'Q2 2025',
    text: 'q2',
    period: '1 April to 30 June 2025',
    closing: '30 June 2025',
    publishedOn: '2025-08-07',
    segments: segmentsOf([19_260, 18_310], [9_480, 9_050], [5_215, 4_620], [3_105, 3_380]),
    regions: regionsOf(20_330, 7_890, 5_390, 3_450),
    costs: { materials: 22_640, personnel: 7_610, other: 3_695, depreciation: 1_135 },
    interest: 298,
    cash: { opening: 6_160, operating: 2_480, investing: -980, financing: -1_450 },
    receivables: receivablesOf(13_090, 2_615, 980, 410, 195),
    people: 497,
  },
  {
    file: 'halden-group-q3-2025.pdf',
    name: 'Q3 2025',
    text: 'q3',
    period: '1 July to 30 September 2025',
    closing: '30 September 2025',
    publishedOn: '2025-11-06',
    segments: segmentsOf([17_905, 18_240], [9_910, 9_260], [5_640, 4_905], [2_985, 3_240]),
    regions: regionsOf(19_655, 8_020, 5_245, 3_520),
    costs: { materials: 22_390, personnel: 7_655, other: 3_720, depreciation: 1_150 },
    interest: 285,
    cash: { opening: 6_210, operating: 1_640, investing: -2_105, financing: 300 },
    receivables: receivablesOf(12_480, 2_730, 890, 360, 170),
    people: 501,
  },
]

export function resultsOf({ segments, costs, interest }: Quarter) {
  const revenue = sum(segments.map((segment) => segment.revenue))
  const before = sum(segments.map((segment) => segment.before))
  const grossProfit = revenue - costs.materials
  const ebitda = grossProfit - costs.personnel - costs.other
  const ebit = ebitda - costs.depreciation
  const preTax = ebit - interest
  const tax = Math.round(preTax * 0.3)
  return { revenue, before, grossProfit, ebitda, ebit, preTax, tax, profit: preTax - tax }
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}

export function thousands(amount: number): string {
  const digits = String(Math.abs(amount)).replace(/\B(?=(\d{3})+$)/g, ',')
  return amount < 0 ? `(${digits})` : digits
}

/** `4.5 %`, of a part in a whole. */
export function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`
}
