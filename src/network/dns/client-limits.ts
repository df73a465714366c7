/** Questions of one address in a second, and how many it may have saved up. A busy pod asks some hundreds. */
const PER_SECOND = 10_000
const BURST = 20_000
/** Questions of one address that wait for servers outside: a quarter of what all may. */
const WAITING_MAX = 250
/** Addresses that are remembered; those that have been silent are forgotten first. */
const CLIENTS_MAX = 4096

interface Client {
  tokens: number
  countedAtMs: number
  waiting: number
}

/** Keeps one pod from using up the name server of all. */
export class ClientLimits {
  readonly #clients = new Map<string, Client>()

  /** Counts a question. False: it deserves no answer; resolvers take that for a lost packet and ask again. */
  admit(address: string, nowMs: number): boolean {
    const client = this.#client(address, nowMs)
    client.tokens = Math.min(BURST, client.tokens + ((nowMs - client.countedAtMs) / 1000) * PER_SECOND)
    client.countedAtMs = nowMs
    if (client.tokens < 1) return false
    client.tokens--
    return true
  }

  /** Does the work that waits for a server outside, unless the client has too much of it under way: then undefined. */
  async whileWaiting<T>(address: string, nowMs: number, work: () => Promise<T>): Promise<T | undefined> {
    const client = this.#client(address, nowMs)
    if (client.waiting >= WAITING_MAX) return undefined
    client.waiting++
    try {
      return await work()
    } finally {
      client.waiting--
    }
  }

  #client(address: string, nowMs: number): Client {
    const known = this.#clients.get(address)
    if (known) return known
    if (this.#clients.size >= CLIENTS_MAX) this.#forgetSilent(nowMs)
    const client = { tokens: BURST, countedAtMs: nowMs, waiting: 0 }
    this.#clients.set(address, client)
    return client
  }

  /** Whoever would have all tokens again loses nothing by being forgotten. */
  #forgetSilent(nowMs: number): void {
    for (const [address, { tokens, countedAtMs, waiting }] of this.#clients) {
      const full = tokens + ((nowMs - countedAtMs) / 1000) * PER_SECOND >= BURST
      if (full && waiting === 0) this.#clients.delete(address)
    }
  }
}
