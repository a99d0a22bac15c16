declare module 'kafkajs-snappy' {
  const codec: () => unknown
  export = codec
}
