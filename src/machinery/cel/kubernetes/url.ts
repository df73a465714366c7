import { checkRequestUri, parseUrl, type Url, UrlError, urlHostname, urlPort, urlQuery } from "../../net/url.ts"
import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { CelError } from "../error.ts"
import { constantCost, perUnit, TRAVERSAL } from "../ext/cost.ts"
import { ValueList } from "../list.ts"
import { ValueMap } from "../map.ts"
import { method, overload } from "../stdlib/overloads.ts"
import { boolType, type CelType, listOf, mapOf, objectType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"

export const urlType = objectType("kubernetes.URL")

export class CelUrl extends CelObject {
  readonly type = urlType
  readonly url: Url

  constructor(url: Url) {
    super()
    this.url = url
  }

  equals(other: CelValue): boolean {
    return other instanceof CelUrl && other.url.text === this.url.text
  }
}

function toUrl(text: string): CelResult {
  try {
    return new CelUrl(parseUrl(text))
  } catch (error) {
    if (!(error instanceof UrlError)) throw error
    return new CelError(`URL parse error during conversion from string: ${error.message}`)
  }
}

function isUrl(text: string): boolean {
  try {
    checkRequestUri(text)
    return true
  } catch (error) {
    if (!(error instanceof UrlError)) throw error
    return false
  }
}

function query(url: Url): CelResult {
  return ValueMap.ofStrings([...urlQuery(url)].map(([name, values]) => [name, new ValueList(values)] as const))
}

function accessor(name: string, id: string, result: CelType, read: (url: Url) => CelResult): FunctionDeclaration {
  return { name, overloads: [method(id, [urlType], result, ({ url }: CelUrl) => read(url), constantCost(1))] }
}

const parsing = perUnit(TRAVERSAL, { resultHasSize: true })

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */
export const kubernetesUrlLibrary: CelLibrary = {
  name: "kubernetes.urls",
  functions: [
    { name: "url", overloads: [overload("string_to_url", [stringType], urlType, toUrl, parsing)] },
    { name: "isURL", overloads: [overload("is_url_string", [stringType], boolType, isUrl)] },
    accessor("getScheme", "url_get_scheme", stringType, (url) => url.scheme),
    accessor("getHost", "url_get_host", stringType, (url) => url.host),
    accessor("getHostname", "url_get_hostname", stringType, urlHostname),
    accessor("getPort", "url_get_port", stringType, urlPort),
    accessor("getEscapedPath", "url_get_escaped_path", stringType, (url) => url.escapedPath),
    accessor("getQuery", "url_get_query", mapOf(stringType, listOf(stringType)), query),
  ],
}
