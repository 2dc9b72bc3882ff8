// The official parser on the document named first; the folder of its packages is named second. Prints JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [document, packages] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const { Parser } = require("@asyncapi/parser");
const { AvroSchemaParser } = require("@asyncapi/avro-schema-parser");
const parser = new Parser();
parser.registerSchemaParser(AvroSchemaParser());
const read = await parser.parse(readFileSync(document, "utf8"));
const diagnostics = read.diagnostics.map(({ severity, path, message }) => ({ severity, path: path.join("."), message }));
const channels = read.document?.channels().all().map((channel) => channel.address()) ?? [];
const fields = read.document?.messages().all().map((message) => Object.keys(message.payload().properties()).length) ?? [];
console.log(JSON.stringify({ diagnostics, channels, fields }));
