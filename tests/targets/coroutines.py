"""Coroutines under asyncio: an await chain, asynchronous generators and contexts (3.x only)."""
import asyncio

import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


async def chain(n):
    if n:
        return await chain(n - 1)  # -> chain
    spin(300)  # -> spin
    await asyncio.sleep(0)  # => -
    return spin(200)  # -> spin


async def ticker(n):
    for i in range(n):
        spin(80)  # -> spin
        yield i


class Context:
    async def __aenter__(self):
        return spin(50)  # -> spin

    async def __aexit__(self, *details):
        spin(50)  # -> spin


async def over_ticker():
    total = 0
    async for x in ticker(5):  # -> ticker => -
        total += x + spin(20)  # -> spin => -
    return total


async def inside():  # before 3.10 the end of a `with` has the line of its last statement
    async with Context():  # -> __aenter__, __aexit__
        spin(60)  # -> spin, __aexit__


async def main():
    while common.clock() < common.END:
        await chain(12)  # -> chain
        await over_ticker()  # -> over_ticker
        await inside()  # -> inside


loop = asyncio.new_event_loop()
common.ready()
loop.run_until_complete(main())  # => main, chain
