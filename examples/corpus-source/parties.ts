// The invented companies of the sample corpus. Their domains end in `.example`, their numbers belong
// to nobody.
import type { Issuer, Party } from './invoice.ts'

export const halden: Issuer = {
  name: 'Halden Trading GmbH',
  address: ['Kaiserkai 41', '20457 Hamburg', 'Germany'],
  vatId: 'DE 300 000 017',
  contact: 'accounts@halden-trading.example · +49 40 5550 1200',
  bank: 'Hansekontor Bank · IBAN DE12 2005 0000 0030 0417 00 · BIC HKBADEHHXXX',
  register: 'Amtsgericht Hamburg HRB 900417 · Managing directors: Ines Halden, Tomas Brekke',
}

export const acme: Party = {
  name: 'Acme Industrial GmbH',
  address: ['Accounts Payable', 'Neckarwerkstraße 8', '70327 Stuttgart', 'Germany'],
  vatId: 'DE 300 000 245',
}

export const haldenBuyer: Party = {
  name: 'Halden Trading GmbH',
  address: ['Invoice Office', 'Kaiserkai 41', '20457 Hamburg', 'Germany'],
  vatId: 'DE 300 000 017',
}

export const moorland: Issuer = {
  name: 'Moorland Abrasives Ltd',
  address: ['Unit 7, Calder Mills', 'Huddersfield HD1 9QX', 'United Kingdom'],
  vatId: 'GB 300 0417 92',
  contact: 'sales@moorland-abrasives.example · +44 1484 555 018',
  bank: 'Pennine Bank · Sort code 00-00-17 · Account 30041792',
  register: 'Registered in England and Wales No. 09004177',
}

export const haldenUk: Party = {
  name: 'Halden Trading (UK) Ltd',
  address: ['22 Wharf Approach', 'Leeds LS1 4QT', 'United Kingdom'],
  vatId: 'GB 300 0551 08',
}

export const kieselbach: Issuer = {
  name: 'Verlag Kieselbach',
  address: ['Lindengasse 12', '04103 Leipzig', 'Germany'],
  vatId: 'DE 300 000 391',
  contact: 'orders@kieselbach.example · +49 341 555 0940',
  bank: 'Pleiße Sparbank · IBAN DE55 8605 0000 0039 1000 12',
  register: 'Owner: Martha Kieselbach · Amtsgericht Leipzig HRA 90391',
}

export const garonne: Issuer = {
  name: 'Ateliers Garonne SAS',
  address: ['18 quai des Tanneurs', '31000 Toulouse', 'France'],
  vatId: 'FR 30 900 041 722',
  contact: 'facturation@ateliers-garonne.example · +33 5 55 50 04 17',
  bank: 'Banque du Midi · IBAN FR76 3000 0000 0104 1700 0002 289',
  register: 'SAS au capital de 240 000 EUR · RCS Toulouse 900 041 722',
}

export const haldenFrance: Party = {
  name: 'Halden Distribution France SARL',
  address: ['4 rue du Port', '33300 Bordeaux', 'France'],
  vatId: 'FR 62 900 055 108',
}

export const nimbusfield: Issuer = {
  name: 'Nimbusfield Hosting GmbH',
  address: ['Rechenzentrum Allee 3', '60314 Frankfurt am Main', 'Germany'],
  vatId: 'DE 300 000 604',
  contact: 'billing@nimbusfield.example · +49 69 555 0604',
  bank: 'Mainufer Bank · IBAN DE71 5005 0000 0060 4000 31',
  register: 'Amtsgericht Frankfurt am Main HRB 900604',
}

export const seeblick: Issuer = {
  name: 'Hotel Seeblick am Ammersee',
  address: ['Uferpromenade 2', '82211 Herrsching', 'Germany'],
  vatId: 'DE 300 000 788',
  contact: 'reception@seeblick.example · +49 8152 555 078',
  bank: 'Ammersee Bank · IBAN DE38 7009 0000 0078 8000 05',
  register: 'Seeblick Hotelbetriebs KG · Amtsgericht München HRA 90788',
}

export const krause: Issuer = {
  name: 'Werkzeugbau Krause e. K.',
  address: ['Schlosserweg 5', '42655 Solingen', 'Germany'],
  vatId: 'DE 300 000 833',
  contact: 'Tel. +49 212 555 0833',
  bank: 'Bergische Bank · IBAN DE20 3425 0000 0083 3000 19',
  register: 'Amtsgericht Wuppertal HRA 90833',
}
