/**
 * Packages that are in no bundle. Some have to be one instance for all who load them (decorators'
 * metadata), some find their own files or drivers by path, and of some only a part is loaded, when the
 * settings ask for it.
 */
export const OUTSIDE = [
  'reflect-metadata',
  'class-validator',
  'class-transformer',
  'express',
  'pino',
  'pino-pretty',
  'swagger-ui-dist',
  'typeorm',
  'pg',
  'mongodb',
  'better-sqlite3',
  'better-sqlite3-13',
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/core',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
];

/** Packages that Nest looks for and goes on without: they are not installed. */
export const ABSENT = [
  '@nestjs/microservices*',
  '@nestjs/websockets*',
  '@nestjs/platform-fastify',
  '@fastify/*',
];
