import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import request from 'supertest';
import { NativeExpressAdapter } from '../../../src/common/http/native-express-adapter.js';

@Controller()
class WhoController {
  @Get('who')
  who(@Req() req: Request, @Res() res: Response): void {
    res.json({ agent: req.get('User-Agent'), same: req.app === res.app, path: req.path });
  }
}

@Module({ controllers: [WhoController] })
class WhoModule {}

describe('Requests and responses of the server', () => {
  let app: NestExpressApplication;

  beforeEach(async () => {
    const adapter = new NativeExpressAdapter({ stallTimeoutMs: 60_000 });
    app = await NestFactory.create<NestExpressApplication>(WhoModule, adapter, { logger: false });
    await app.init();
  });
  afterEach(() => app.close());

  it('can all that Express gives them', async () => {
    const { body } = await request(app.getHttpServer()).get('/who').set('User-Agent', 'me');
    expect(body).toEqual({ agent: 'me', same: true, path: '/who' });
  });

  it('have their prototype from the start: one set later costs each its hidden class', async () => {
    const born: (object | null)[] = [];
    app
      .getHttpServer()
      .prependListener('request', (req: IncomingMessage, res: ServerResponse) =>
        born.push(Object.getPrototypeOf(req) as object, Object.getPrototypeOf(res) as object),
      );
    await request(app.getHttpServer()).get('/who').expect(200);
    const express = app.getHttpAdapter().getInstance() as { request: object; response: object };
    expect(born).toHaveLength(2);
    expect(born[0]).toBe(express.request);
    expect(born[1]).toBe(express.response);
  });
});
