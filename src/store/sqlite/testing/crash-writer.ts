import { realClock } from "../../../platform/node/clock.ts"
import { openSqliteStore } from "../sqlite-store.ts"

/*
 * A child process for `crash.test.ts`: writes until it is killed, and prints each key and revision once the write is
 * acknowledged. Arguments: the database file, and a name that tells its keys from those of earlier children.
 */
const [path = "", name = ""] = process.argv.slice(2)
const WRITERS = 16

async function write(writer: number): Promise<void> {
  for (let round = 0; ; round++) {
    const key = `/${name}/${writer}/${round}`
    const value = Buffer.from(key.repeat(20))
    const { revision } = await store.txn({ compare: [{ key, absent: true }], success: [{ type: "put", key, value }] })
    process.stdout.write(`${key} ${revision}\n`)
  }
}

const store = await openSqliteStore({ path, platform: { clock: realClock } })
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
