import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { ResourceRecord } from "./record.ts"
import { address, record, recordsOf } from "./service-records.ts"

interface Name {
  /** Another one whenever its records have changed. */
  version: number
  /** By the key of the service that gave them; empty for what lies above names only. */
  readonly records: Map<string, readonly ResourceRecord[]>
  /** How many names lie below it. */
  below: number
}

const VERSION_TTL_SECONDS = 28_800

/** The records of a cluster's domain, kept by service. */
export class Zone {
  readonly domain: string
  /** Grows with every change. */
  serial: number
  readonly #names = new Map<string, Name>()
  #changes = 0
  readonly #byOwner = new Map<string, ReadonlyMap<string, readonly ResourceRecord[]>>()

  /** `dnsIps`: the addresses under which pods reach their server; `serial`: more than that of a zone before this one. */
  constructor(domain: string, dnsIps: readonly string[], serial = 1) {
    this.domain = domain
    this.serial = serial
    this.#put("", [
      record(domain, { type: "NS", target: `ns.dns.${domain}` }),
      ...dnsIps.map((ip) => address(`ns.dns.${domain}`, ip)),
      { ...record(`dns-version.${domain}`, { type: "TXT", text: "1.1.0" }), ttl: VERSION_TTL_SECONDS },
    ])
  }

  set(service: Service, slices: readonly EndpointSlice[]): void {
    const { namespace = "", name } = service.metadata
    this.#put(`${namespace}/${name}`, recordsOf(service, slices, this.domain))
  }

  /** By `namespace/name`. */
  remove(key: string): void {
    this.#put(key, [])
  }

  /** Goes with every answer that there is nothing. */
  authority(name = this.domain): ResourceRecord {
    const [server, mailbox] = [`ns.dns.${this.domain}`, `hostmaster.${this.domain}`]
    return record(name, { type: "SOA", server, mailbox, serial: this.serial })
  }

  /** The records of a name: none when names lie below it only, undefined when there is no such name. */
  lookup(name: string): readonly ResourceRecord[] | undefined {
    const found = this.#names.get(name)
    return found && [...found.records.values()].flat()
  }

  /** The same as long as the name has the same records; 0 while there is no such name. */
  versionOf(name: string): number {
    return this.#names.get(name)?.version ?? 0
  }

  #put(owner: string, records: readonly ResourceRecord[]): void {
    this.#changes++
    for (const name of this.#byOwner.get(owner)?.keys() ?? []) this.#withdraw(name, owner)
    const byName = Map.groupBy(withoutDuplicates(records), ({ name }) => name)
    for (const [name, own] of byName) this.#insert(name, owner, own)
    if (byName.size === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, byName)
    this.serial = (this.serial + 1) >>> 0
  }

  #insert(name: string, owner: string, records: readonly ResourceRecord[]): void {
    const at = this.#at(name)
    at.version = this.#changes
    at.records.set(owner, records)
    for (const above of parents(name)) this.#at(above).below++
  }

  #withdraw(name: string, owner: string): void {
    const at = this.#at(name)
    at.version = this.#changes
    at.records.delete(owner)
    for (const above of parents(name)) this.#at(above).below--
    for (const place of [name, ...parents(name)]) {
      const found = this.#names.get(place)
      if (found?.records.size === 0 && found.below === 0) this.#names.delete(place)
    }
  }

  #at(name: string): Name {
    return this.#names.getOrInsertComputed(name, () => ({ version: this.#changes, records: new Map(), below: 0 }))
  }
}

/** Two slices may both tell of an endpoint that moves between them. */
function withoutDuplicates(records: readonly ResourceRecord[]): ResourceRecord[] {
  return [...new Map(records.map((entry) => [JSON.stringify(entry), entry])).values()]
}

function parents(name: string): string[] {
  const found: string[] = []
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) found.push(name.slice(dot + 1))
  return found
}
