/** Names of the IANA's time zone database for zones that Intl calls by another name, by the part before the first slash. */
const links: Readonly<Record<string, string>> = {
  '': `
    CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland
    Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC
    ROK Singapore Turkey UCT Universal W-SU WET Zulu
  `,
  Africa: 'Asmara Timbuktu',
  America: `
    Argentina/Buenos_Aires Argentina/Catamarca Argentina/ComodRivadavia Argentina/Cordoba Argentina/Jujuy
    Argentina/Mendoza Atikokan Atka Ensenada Fort_Wayne Indiana/Indianapolis Kentucky/Louisville Knox_IN Montreal
    Nipigon Nuuk Pangnirtung Porto_Acre Rainy_River Rosario Santa_Isabel Shiprock Thunder_Bay Virgin Yellowknife
  `,
  Antarctica: 'South_Pole',
  Asia: `
    Ashkhabad Choibalsan Chongqing Chungking Dacca Harbin Ho_Chi_Minh Istanbul Kashgar Kathmandu Kolkata Macao
    Tel_Aviv Thimbu Ujung_Pandang Ulan_Bator Yangon
  `,
  Atlantic: 'Faroe Jan_Mayen',
  Australia: `
    ACT Canberra Currie LHI NSW North Queensland South Tasmania Victoria West Yancowinna
  `,
  Brazil: 'Acre DeNoronha East West',
  Canada: 'Atlantic Central Eastern Mountain Newfoundland Pacific Saskatchewan Yukon',
  Chile: 'Continental EasterIsland',
  Etc: 'GMT GMT+0 GMT-0 GMT0 Greenwich UCT UTC Universal Zulu',
  Europe: 'Belfast Kyiv Nicosia Tiraspol Uzhgorod Zaporozhye',
  Mexico: 'BajaNorte BajaSur General',
  Pacific: 'Chuuk Johnston Kanton Pohnpei Samoa Yap',
  US: `
    Alaska Aleutian Arizona Central East-Indiana Eastern Hawaii Indiana-Starke Michigan Mountain Pacific Samoa
  `,
}

/** `Asia/Kolkata`, `US/Pacific`, `GMT`, … */
export const linkNames: ReadonlySet<string> = new Set(
  Object.entries(links).flatMap(([region, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map(name => (region === '' ? name : `${region}/${name}`)),
  ),
)
