/** https://www.iana.org/assignments/dns-parameters */
export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const
export const CLASS_IN = 1

export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const

/** What a name has. Names as in `name.ts`. */
export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME" | "PTR" | "NS"; readonly target: string }
  | {
      readonly type: "SRV"
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | { readonly type: "TXT"; readonly text: string }
  | { readonly type: "SOA"; readonly server: string; readonly mailbox: string; readonly serial: number }

export interface ResourceRecord {
  readonly name: string
  /** Seconds. */
  readonly ttl: number
  readonly data: RecordData
}
