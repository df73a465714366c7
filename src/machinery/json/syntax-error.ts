/** The text is no JSON or YAML. For JSON the message is the one of Go's parser. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "JsonSyntaxError"
  }
}
