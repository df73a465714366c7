import { resolve } from "node:path"
import type { TokenAuthenticator } from "../../apiserver/authentication/authenticator.ts"
import { createWebhookTokenAuthenticator } from "../../apiserver/authentication/webhook-token.ts"
import {
  type ConfiguredAuthorizers,
  configuredAuthorizers,
  openAuthorizationFile,
} from "../../apiserver/authorization/webhook/authorization-file.ts"
import { createWebhookClient } from "../../apiserver/webhook/webhook-client.ts"
import { webhookOfKubeconfig } from "../../apiserver/webhook/webhook-kubeconfig.ts"
import { UserError } from "../../cli/user-error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import { KUBERNETES_VERSION } from "../version.ts"
import type { AccessSettings } from "./access-flags.ts"

/** Webhooks that know users, and those who decide what users may do, as the server command names them. */
export interface Access {
  readonly tokens: readonly TokenAuthenticator[]
  readonly authorization?: ConfiguredAuthorizers
  close(): void
}

const USER_AGENT = `kube-apiserver/${KUBERNETES_VERSION} (linux/${process.arch === "x64" ? "amd64" : process.arch})`

/** Throws `UserError` when a file is missing or not valid: a server that forgets whom to ask must not start. */
export function openAccess(settings: AccessSettings, issuer: string, platform: Platform): Access {
  const token = settings.tokenWebhook && openTokenWebhook(settings.tokenWebhook, issuer, platform)
  const authorization = openAuthorization(settings.authorization, platform)
  return {
    tokens: token === undefined ? [] : [token.authenticate],
    ...(authorization && { authorization }),
    close() {
      token?.close()
      authorization?.close()
    },
  }
}

function openTokenWebhook(
  { file, version, cacheMs }: NonNullable<AccessSettings["tokenWebhook"]>,
  issuer: string,
  platform: Platform,
) {
  const unresolvable = () => {
    throw new Error("the token webhook is reached by URL")
  }
  const client = createWebhookClient({ clock: platform.clock, resolve: unresolvable, userAgent: USER_AGENT })
  const target = explained("--authentication-token-webhook-config-file", () => webhookOfKubeconfig(resolve(file)))
  const options = { client, target: () => target, version, audiences: [issuer], cacheMs, platform }
  return { authenticate: createWebhookTokenAuthenticator(options), close: client.close }
}

function openAuthorization(settings: AccessSettings["authorization"], platform: Platform) {
  if (settings === undefined) return undefined
  const options = { platform, userAgent: USER_AGENT }
  if ("file" in settings) {
    return explained("--authorization-config", () => openAuthorizationFile(resolve(settings.file), options))
  }
  const authorizers = settings.modes.map((mode) => ({ ...mode }))
  return explained("--authorization-mode", () => configuredAuthorizers({ authorizers }, options))
}

function explained<T>(flag: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw new UserError(`${flag}: ${messageOf(error)}`, { cause: error })
  }
}
