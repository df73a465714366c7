import { readFileSync } from "node:fs"
import { aggregateMessages, formatFieldError } from "../../../machinery/field/error.ts"
import { unauthorized } from "../../../machinery/status/errors.ts"
import { isUnauthorized } from "../../../machinery/status/predicates.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { TokenAuthenticator } from "../authenticator.ts"
import { type AuthenticationConfiguration, parseAuthenticationConfiguration } from "./configuration.ts"
import { createJwtAuthenticator, type JwtAuthenticator } from "./jwt-authenticator.ts"
import { compileConfiguration } from "./validate.ts"

/** Accepts the tokens that an AuthenticationConfiguration file names, and follows its changes. */
export interface AuthenticationFile {
  readonly authenticate: TokenAuthenticator
  /** Whether a path needs no identity; undefined when the file does not say. */
  readonly isAnonymousPath: (path: string) => boolean | undefined
  close(): void
}

export interface AuthenticationFileOptions {
  readonly file: string
  /** The issuers of this server's own tokens. */
  readonly disallowedIssuers: readonly string[]
  readonly platform: Pick<Platform, "clock" | "log">
}

/** How often the file is looked at; Kubernetes takes a minute at most. */
const LOOK_MS = 10_000

interface Loaded {
  readonly text: string
  readonly authenticators: readonly JwtAuthenticator[]
  readonly anonymous: AuthenticationConfiguration["anonymous"]
}

/** Throws when the file cannot be read or is not valid. Later such changes are logged, and what was good stays. */
export function openAuthenticationFile({
  file,
  disallowedIssuers,
  platform,
}: AuthenticationFileOptions): AuthenticationFile {
  const { clock, log } = platform
  let loaded = load(readFileSync(file, "utf8"))
  let timer = clock.after(LOOK_MS, look)

  function load(text: string): Loaded {
    const configuration = parseAuthenticationConfiguration(text)
    const { errors, compiled } = compileConfiguration(configuration, disallowedIssuers)
    if (errors.length > 0) throw new Error(`${file}: ${aggregateMessages(errors.map(formatFieldError))}`)
    const made = (configuration.jwt ?? []).flatMap((one, index) => {
      const expressions = compiled[index]
      return expressions === undefined ? [] : [createJwtAuthenticator(one, expressions, platform)]
    })
    return { text, authenticators: made, anonymous: configuration.anonymous }
  }
  function look(): void {
    timer = clock.after(LOOK_MS, look)
    try {
      const text = readFileSync(file, "utf8")
      if (text === loaded.text) return
      const before = loaded
      loaded = load(text)
      for (const authenticator of before.authenticators) authenticator.close()
      log.info("the authentication configuration has changed", { file })
    } catch (error) {
      log.error("the authentication configuration cannot be used; the former one stays", { file, error })
    }
  }

  return {
    async authenticate(token) {
      let isRefused = false
      for (const { authenticate } of loaded.authenticators) {
        try {
          const user = await authenticate(token)
          if (user !== undefined) return user
        } catch (error) {
          if (!isUnauthorized(error)) throw error
          isRefused = true
        }
      }
      if (isRefused) throw unauthorized()
      return undefined
    },
    isAnonymousPath(path) {
      const { anonymous } = loaded
      if (anonymous === undefined) return undefined
      const { enabled = false, conditions = [] } = anonymous
      return enabled && (conditions.length === 0 || conditions.some((one) => one.path === path))
    },
    close() {
      timer.cancel()
      for (const authenticator of loaded.authenticators) authenticator.close()
    },
  }
}
