"""Constructors, methods, properties and descriptors, hot enough to be specialised (3.11 on)."""
import common


def spin(n):
    i = 0
    while i < n:
        i += 1
    return i


class Point(object):
    kind = "point"

    def __init__(self, x, y):
        self.x = spin(x)  # -> spin
        self.y = y

    @property
    def area(self):
        return self.x * spin(30)  # -> spin

    def move(self, by):
        self.x += spin(by)  # -> spin
        return self.length()  # -> length

    def length(self):
        return spin(20)  # -> spin

    @classmethod
    def unit(cls):
        return cls(20, 20)  # -> Point.__init__, Point3.__init__

    @staticmethod
    def still(n):
        return spin(n)  # -> spin

    def __call__(self, n):
        return spin(n)  # -> spin

    def __getitem__(self, n):
        return spin(n)  # -> spin

    def __add__(self, other):
        return Point(10, 10)  # -> Point.__init__


class Point3(Point):
    def __init__(self, x, y, z=5):
        super(Point3, self).__init__(x, y)  # -> Point.__init__
        self.z = spin(z)  # -> spin


class Slotted(object):
    __slots__ = ("x",)

    def __init__(self):
        self.x = spin(25)  # -> spin

    def __getattr__(self, name):
        return spin(25)  # -> spin


def construct():
    for i in range(20):
        Point(10, i)  # -> Point.__init__
        Point3(10, i)  # -> Point3.__init__
        Slotted()  # -> Slotted.__init__


def use():
    p, q, s = Point(1, 2), Point3.unit(), Slotted()  # -> Point.__init__, unit, Slotted.__init__
    for i in range(10):
        p.area  # -> area
        q.move(10)  # -> move
        Point.still(20)  # -> still
        p(20)  # -> __call__
        q[20]  # -> __getitem__
        p + q  # -> __add__
        s.missing  # -> __getattr__


common.ready()
while common.clock() < common.END:
    construct()  # -> construct
    use()  # -> use
