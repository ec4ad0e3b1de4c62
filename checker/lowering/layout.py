"""Sizes, alignments and offsets of C types on one architecture, in bytes."""

from __future__ import annotations

from checker.arch import Target
from checker.diagnostic import Diagnostic, Position, nearest
from checker.litmus import Array, Attributes, Pointer, Scalar, Struct, StructName, Type
from checker.value import value

_FIXED = {"char": 1, "short": 2, "int": 4, "long long": 8, "void": 1, "bool": 1}
_FIXED |= {"atomic64_t": 8, "spinlock_t": 4, "seqcount_t": 4}
_FIXED |= {f"{p}{n}": n // 8 for p in ("u", "s", "le", "be") for n in (8, 16, 32, 64, 128)}


@value
class Member:
    """A field of a struct, where it lies."""

    name: str
    type: Type
    offset: int


class Layout:
    """What C makes of a test's types on an architecture."""

    def __init__(self, target: Target, structs: tuple[Struct, ...]) -> None:
        """Keep the architecture's word, byte order and alignments, and the test's structs."""
        self.target = target
        self.word = target.arch.word
        self.big_endian = target.endian == "big"
        self._alignment = dict(target.arch.alignment)
        self._structs = {struct.tag: struct for struct in structs}

    def size(self, type_: Type) -> int:
        """Return `sizeof`; raises Diagnostic for a type that has none."""
        match type_:
            case Scalar(name):
                base = name.removeprefix("unsigned ")
                return self.word if base == "long" else _FIXED[base]
            case Pointer():
                return self.word
            case Array(of, count):
                return self.size(of) * count
            case StructName():
                return self._struct(type_)[1]

    def alignment(self, type_: Type) -> int:
        """Return what C promises of the address of an object of this type."""
        match type_:
            case Array(of):
                return self.alignment(of)
            case StructName():
                return self._struct(type_)[2]
            case Scalar("atomic64_t") if self.target.atomic64:
                return self.target.atomic64
            case _:
                size = self.size(type_)
                return self._alignment.get(size, size)

    def is_signed(self, type_: Type) -> bool:
        """Whether values of a type are two's complement numbers."""
        match type_:
            case Scalar("atomic64_t"):
                return True
            case Scalar(name):
                known = ("char", "short", "int", "long", "long long")
                return name in known or (name[0] == "s" and name[1:].isdecimal())
            case _:
                return False

    def is_integer(self, type_: Type) -> bool:
        """Whether a type is an integer's."""
        return isinstance(type_, Scalar) and type_.name != "void"

    def member(self, type_: Type, name: str, at: Position) -> Member:
        """Return a field of a struct; raises Diagnostic where there is none of that name."""
        if not isinstance(type_, StructName):
            raise Diagnostic(f"`{spell(type_)}` has no field `{name}`", at, "it is not a struct")
        members = self._struct(type_)[0]
        for one in members:
            if one.name == name:
                return one
        known = [one.name for one in members]
        hint = nearest(name, known) or f"it has {', '.join(known)}"
        raise Diagnostic(f"struct {type_.tag} has no field `{name}`", at, hint)

    def members(self, type_: StructName) -> tuple[Member, ...]:
        """Return the fields of a struct in order."""
        return self._struct(type_)[0]

    def _struct(self, type_: StructName) -> tuple[tuple[Member, ...], int, int]:
        """Return fields, size and alignment of a struct."""
        struct = self._structs.get(type_.tag)
        if struct is None:
            raise Diagnostic(
                f"struct {type_.tag} is not defined", type_.at or None,
                nearest(type_.tag, self._structs) or "define it in the init block",
            )  # fmt: skip
        offset, align = 0, struct.attributes.aligned or 1
        members = []
        for field in struct.fields:
            own = self._member_alignment(field.type, field.attributes, struct.attributes.packed)
            align = max(align, own)
            offset = -(-offset // own) * own
            members.append(Member(field.name, field.type, offset))
            offset += self.size(field.type)
        return tuple(members), -(-offset // align) * align, align

    def _member_alignment(self, type_: Type, attributes: Attributes, packed: bool) -> int:
        """Return a field's alignment: `aligned` only raises it, `packed` takes it away."""
        natural = 1 if packed or attributes.packed else self.alignment(type_)
        return max(natural, attributes.aligned or 1)


def spell(type_: Type) -> str:
    """Return a type as C spells it."""
    match type_:
        case Scalar(name):
            return name
        case Pointer(to):
            return f"{spell(to)} *"
        case Array(of, count):
            return f"{spell(of)}[{count}]"
        case StructName(tag):
            return f"struct {tag}"
