"""Sleeps, works 50 ms in five functions, and is gone within a millisecond after the last."""
import os
import time

import common


def spin_until(end):
    while common.clock() < end:
        pass


def job_0(now):
    spin_until(now + 0.01)  # -> spin_until


def job_1(now):
    spin_until(now + 0.02)  # -> spin_until


def job_2(now):
    spin_until(now + 0.03)  # -> spin_until


def job_3(now):
    spin_until(now + 0.04)  # -> spin_until


def job_4(now):
    spin_until(now + 0.05)  # -> spin_until
    os._exit(0)


common.ready()
time.sleep(common.SECONDS)
begin = common.clock()
job_0(begin)  # -> job_0
job_1(begin)  # -> job_1
job_2(begin)  # -> job_2
job_3(begin)  # -> job_3
job_4(begin)  # -> job_4
