import { X509Certificate } from "node:crypto"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Client } from "../../client/client.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { Clock } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"
import { certificatesOf } from "../authentication/certificate-chain.ts"
import type { RequestHeaderOptions } from "../authentication/request-header.ts"
import { ensureObject } from "./ensure.ts"
import { keep } from "./keep.ts"

/**
 * The ConfigMap by which extension servers learn how this server recognizes clients and names them to others. What other
 * servers of the cluster wrote stays in it: each adds its own.
 */
export const EXTENSION_AUTHENTICATION = {
  namespace: "kube-system",
  name: "extension-apiserver-authentication",
} as const

export interface ExtensionAuthentication {
  /** PEM. */
  readonly clientCa: string
  readonly requestHeader?: RequestHeaderOptions | undefined
}

/** Corrects it again whenever somebody changes or deletes it, until it is closed. */
export function keepExtensionAuthentication(
  client: Client,
  own: ExtensionAuthentication,
  platform: Pick<Platform, "clock" | "log">,
): { close(): void } {
  const { namespace, name } = EXTENSION_AUTHENTICATION
  return keep(client, {
    name: "authentication of extension servers",
    platform,
    watched: [{ resource: ConfigMap, scope: { namespace, fieldSelector: `metadata.name=${name}` } }],
    concerns: () => true,
    ensure: () => ensureExtensionAuthentication(client, own, platform.clock),
  })
}

type Data = NonNullable<ConfigMap["data"]>

/** Creates and corrects it. May be repeated, also by several servers at once. */
export async function ensureExtensionAuthentication(
  client: Client,
  own: ExtensionAuthentication,
  clock: Pick<Clock, "nowMs">,
): Promise<void> {
  const manifest = { metadata: EXTENSION_AUTHENTICATION, data: combined(new Map(), own, clock.nowMs()) }
  await ensureObject(client, ConfigMap, manifest, {
    correct: (found) => {
      const data = combined(new Map(Object.entries(found.data ?? {})), own, clock.nowMs())
      return deepEqual(data, found.data) ? undefined : { ...found, data }
    },
  })
}

function combined(found: ReadonlyMap<string, string>, own: ExtensionAuthentication, nowMs: number): Data {
  const { requestHeader } = own
  const names = (key: string, more: readonly string[] = []) => [...new Set([...readNames(found.get(key)), ...more])]
  const clientCa = combinedCertificates(found.get("client-ca-file"), own.clientCa, nowMs)
  const proxyCa = combinedCertificates(found.get("requestheader-client-ca-file"), requestHeader?.ca, nowMs)
  const uids = names("requestheader-uid-headers", requestHeader?.uidHeaders)
  return {
    ...(clientCa !== "" && { "client-ca-file": clientCa }),
    ...(proxyCa !== "" && {
      "requestheader-username-headers": writeNames(names("requestheader-username-headers", requestHeader?.userHeaders)),
      ...(uids.length > 0 && { "requestheader-uid-headers": writeNames(uids) }),
      "requestheader-group-headers": writeNames(names("requestheader-group-headers", requestHeader?.groupHeaders)),
      "requestheader-extra-headers-prefix": writeNames(
        names("requestheader-extra-headers-prefix", requestHeader?.extraHeaderPrefixes),
      ),
      "requestheader-client-ca-file": proxyCa,
      "requestheader-allowed-names": writeNames(names("requestheader-allowed-names", requestHeader?.allowedNames)),
    }),
  }
}

const writeNames = (names: readonly string[]): string => JSON.stringify(names)

function readNames(text = ""): string[] {
  try {
    const value: unknown = text === "" ? [] : JSON.parse(text)
    return Array.isArray(value) ? value.filter((name) => typeof name === "string") : []
  } catch {
    // Somebody wrote something else there; only what can be read is kept.
    return []
  }
}

/** The certificates of both, each once, without those that have expired. */
function combinedCertificates(found = "", own = "", nowMs: number): string {
  const all = new Map<string, X509Certificate>()
  for (const one of [...readable(found), ...certificatesOf(own)]) {
    if (one.validToDate.getTime() > nowMs) all.set(one.fingerprint256, one)
  }
  return [...all.values()].map((one) => one.toString()).join("")
}

function readable(pem: string): X509Certificate[] {
  try {
    return certificatesOf(pem)
  } catch {
    return []
  }
}
