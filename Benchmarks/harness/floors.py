"""The floors: how fast the same bytes go in and out when nothing is done for them."""

from .peers import Swift
from .places import CORES, PEERS, tool
from .server import Server


class NIOEcho(Swift):
    name = "nio-echo"
    label = "bare NIO HTTP/1 echo"
    product = "NIOEcho"
    floor = True

    def seed(self):
        return "chatsdk_" + "0" * 50


class Nginx(Server):
    name = "nginx"
    label = "nginx return 200"
    floor = True

    def build(self):
        tool("nginx", "nginx-light")

    def command(self):
        template = (PEERS / "Nginx" / "nginx.conf").read_text()
        values = {
            "@PORT@": str(self.port), "@WORKERS@": str(CORES), "@DIRECTORY@": str(self.directory),
            "@PAIR@": "p" * 950, "@VERDICT@": "v" * 550,
        }
        for name, value in values.items():
            template = template.replace(name, value)
        path = self.directory / "nginx.conf"
        path.write_text(template)
        return [tool("nginx", "nginx-light"), "-p", self.directory, "-c", path, "-e", self.directory / "log"]
