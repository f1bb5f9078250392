// Words that carry no topic. They are indexed, because phrases need them, but not counted in the length
// of a passage, and left out of plain words unless nothing else is there. As folded, like all words.

const english =
  'a an and are as at be but by for if in into is it no not of on or such that the their then there ' +
  'these they this to was will with'

const german =
  'aber als am an auch auf aus bei beim bis das dass dem den der des die durch ein eine einem ' +
  'einen einer eines er es fur hat im in ist mit nach nicht oder sich sie sind um und von vor war ' +
  'was wer wie wird wurde zu zum zur uber'

export const functionWords: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(english.split(' ')),
  de: new Set(german.split(' ')),
}
