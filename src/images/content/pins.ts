import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Random } from "../../platform/random.ts"
import type { Descriptor } from "./oci.ts"

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

export interface PinRecord {
  readonly name: string
  readonly imageId: string
  /** The manifest or index that the image came from. */
  readonly target: Descriptor
}

/** What must stay on disk although nothing may name it any more: one small file per holder. */
export class PinFiles {
  readonly #dir: string
  readonly #random: Pick<Random, "bytes">

  constructor(storeDir: string, random: Pick<Random, "bytes">) {
    this.#dir = join(storeDir, "pins")
    this.#random = random
    mkdirSync(this.#dir, { recursive: true })
  }

  /** Pins under `name`, replacing what it pinned before. Throws for a name that is not a plain word. */
  add(pin: PinRecord): void {
    const path = this.#path(pin.name)
    const temporary = join(this.#dir, `.${Buffer.from(this.#random.bytes(8)).toString("hex")}`)
    writeFileSync(temporary, JSON.stringify(pin))
    renameSync(temporary, path)
  }

  /** Releasing what is not pinned succeeds. */
  remove(name: string): void {
    rmSync(this.#path(name), { force: true })
  }

  list(): PinRecord[] {
    return readdirSync(this.#dir)
      .filter((name) => !name.startsWith("."))
      .flatMap((name) => {
        try {
          return [JSON.parse(readFileSync(join(this.#dir, name), "utf8")) as PinRecord]
        } catch (error) {
          // Released in this moment by another process.
          if (error instanceof Error && "code" in error && error.code === "ENOENT") return []
          throw error
        }
      })
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new Error(`pin name ${JSON.stringify(name)} does not match ${NAME.source}`)
    return join(this.#dir, name)
  }
}
