//! Tensors out of a checkpoint in `PyTorch`'s format before 1.6: five pickles, then the storages.
//!
//! The pickles are magic number, protocol version, system, the checkpoint itself, and the keys of the
//! storages in the order in which these follow: 8 bytes count, then the numbers (torch/serialization.py,
//! `_legacy_load`). Promises: only the opcodes and the three names that such a file needs are understood,
//! and none calls anything; every length is checked against the bytes that are there. Never: a pickle that
//! builds anything but numbers, texts, containers and tensors of `f32`.

use std::collections::HashMap;

/// The first pickle (torch/serialization.py, `MAGIC_NUMBER`), low byte first.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// Values on the stack or in the memo: a checkpoint of a hundred tensors has under a thousand.
const MAX_VALUES: usize = 1 << 16;

/// What is wrong with a checkpoint.
pub(super) type Wrong = &'static str;

/// A tensor of `f32`, laid out row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// What the pickles of a checkpoint hold.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Mark,
    /// A number, a truth value or nothing: only [`Value::Integer`] is asked for.
    Other,
    Integer(u64),
    Text(String),
    /// Modulo and name of something that the pickle would call.
    Name(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Storage(String),
    Tensor(Place),
}

/// Where a tensor lies.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    storage: String,
    offset: usize,
    shape: Vec<usize>,
}

/// The tensors of the map at `key` of the checkpoint, by name.
pub(super) fn tensors(bytes: &[u8], key: &str) -> Result<HashMap<String, Tensor>, Wrong> {
    let mut reader = Reader { rest: bytes };
    let magic: Vec<u8> = [[0x80, 2, 0x8a, 10].as_slice(), &MAGIC, b"."].concat();
    if reader.take(magic.len())? != magic {
        return Err("no checkpoint of the format before 1.6");
    }
    for _version_and_system in 0..2 {
        reader.pickle()?;
    }
    let Value::Map(checkpoint) = reader.pickle()? else {
        return Err("the checkpoint is no map");
    };
    let Value::List(keys) = reader.pickle()? else {
        return Err("the storages have no list");
    };
    let mut storages = HashMap::new();
    for storage in keys {
        let Value::Text(storage) = storage else {
            return Err("a storage without a key");
        };
        let count = usize::try_from(u64::from_le_bytes(reader.array()?)).map_err(|_| "a storage too long")?;
        storages.insert(
            storage,
            reader.take(count.checked_mul(4).ok_or("a storage too long")?)?,
        );
    }
    let wanted = checkpoint
        .into_iter()
        .find(|(name, _)| *name == Value::Text(key.to_owned()));
    let Some((_, Value::Map(state))) = wanted else {
        return Err("the checkpoint holds no such state");
    };
    let mut tensors = HashMap::new();
    for entry in state {
        let (Value::Text(name), Value::Tensor(place)) = entry else {
            return Err("the state holds more than named tensors");
        };
        let storage = storages
            .get(&place.storage)
            .ok_or("a tensor without its storage")?;
        tensors.insert(name, place.read(storage)?);
    }
    Ok(tensors)
}

impl Place {
    fn read(self, storage: &[u8]) -> Result<Tensor, Wrong> {
        const OUTSIDE: Wrong = "a tensor outside its storage";
        let count = self
            .shape
            .iter()
            .try_fold(4_usize, |bytes, &edge| bytes.checked_mul(edge));
        let start = self.offset.checked_mul(4).ok_or(OUTSIDE)?;
        let end = count.and_then(|count| start.checked_add(count)).ok_or(OUTSIDE)?;
        let (numbers, _) = storage.get(start..end).ok_or(OUTSIDE)?.as_chunks::<4>();
        Ok(Tensor {
            shape: self.shape,
            values: numbers.iter().map(|&number| f32::from_le_bytes(number)).collect(),
        })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("it ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(*taken)
    }

    fn text(&mut self, length: usize) -> Result<String, Wrong> {
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a text that is none")
    }

    fn line(&mut self) -> Result<String, Wrong> {
        let length = self
            .rest
            .iter()
            .position(|&byte| byte == b'\n')
            .ok_or("it ends too early")?;
        let line = self.text(length)?;
        self.take(1)?;
        Ok(line)
    }

    /// The next pickle (protocol 2; the opcodes are those of Python's pickletools).
    fn pickle(&mut self) -> Result<Value, Wrong> {
        let mut stack = Stack::default();
        loop {
            let [code] = self.array()?;
            let value = match code {
                0x80 => match self.array()? {
                    [2] => continue,
                    _ => return Err("another protocol than 2"),
                },
                b'.' => return stack.pop(),
                b'(' => Value::Mark,
                b'N' | 0x88 | 0x89 => Value::Other,
                b'K' => Value::Integer(u64::from(self.array::<1>()?[0])),
                b'M' => Value::Integer(u64::from(u16::from_le_bytes(self.array()?))),
                b'J' => match u64::try_from(i32::from_le_bytes(self.array()?)) {
                    Ok(number) => Value::Integer(number),
                    Err(_) => Value::Other,
                },
                0x8a => {
                    let [length] = self.array()?;
                    self.take(usize::from(length))?;
                    Value::Other
                }
                b'G' => {
                    self.take(8)?;
                    Value::Other
                }
                b'X' => {
                    let length = u32::from_le_bytes(self.array()?);
                    Value::Text(self.text(usize::try_from(length).map_err(|_| "a text too long")?)?)
                }
                b'c' => Value::Name(format!("{}.{}", self.line()?, self.line()?)),
                b')' => Value::List(Vec::new()),
                b']' => Value::List(Vec::new()),
                b'}' => Value::Map(Vec::new()),
                b't' => Value::List(stack.above_mark()?),
                0x85 => Value::List(stack.last(1)?),
                0x86 => Value::List(stack.last(2)?),
                0x87 => Value::List(stack.last(3)?),
                b'q' => {
                    stack.remember(u32::from(self.array::<1>()?[0]))?;
                    continue;
                }
                b'r' => {
                    stack.remember(u32::from_le_bytes(self.array()?))?;
                    continue;
                }
                b'h' => stack.recall(u32::from(self.array::<1>()?[0]))?,
                b'j' => stack.recall(u32::from_le_bytes(self.array()?))?,
                b'a' | b'e' => {
                    let added = if code == b'a' {
                        stack.last(1)?
                    } else {
                        stack.above_mark()?
                    };
                    stack.append(added)?;
                    continue;
                }
                b's' | b'u' => {
                    let added = if code == b's' {
                        stack.last(2)?
                    } else {
                        stack.above_mark()?
                    };
                    stack.insert(added)?;
                    continue;
                }
                // Attributes of a container (an ordered map keeps its metadata there): not asked for.
                b'b' => {
                    stack.last(1)?;
                    continue;
                }
                b'Q' => storage(stack.pop()?)?,
                b'R' => {
                    let arguments = stack.pop()?;
                    let Value::Name(name) = stack.pop()? else {
                        return Err("a call of what has no name");
                    };
                    build(&name, arguments)?
                }
                _ => return Err("an opcode that no checkpoint needs"),
            };
            stack.push(value)?;
        }
    }
}

/// What `('storage', type, key, device, count, view)` names.
fn storage(identity: Value) -> Result<Value, Wrong> {
    let Value::List(parts) = identity else {
        return Err("a storage without a name");
    };
    match parts.as_slice() {
        [
            Value::Text(kind),
            Value::Name(number),
            Value::Text(key),
            _,
            _,
            Value::Other,
        ] if kind == "storage" && number == "torch.FloatStorage" => Ok(Value::Storage(key.clone())),
        _ => Err("a storage of another kind than f32"),
    }
}

/// What a call would build.
fn build(name: &str, arguments: Value) -> Result<Value, Wrong> {
    let Value::List(arguments) = arguments else {
        return Err("a call without arguments");
    };
    match (name, arguments.as_slice()) {
        ("collections.OrderedDict", []) => Ok(Value::Map(Vec::new())),
        (
            "torch._utils._rebuild_tensor_v2",
            [
                Value::Storage(storage),
                Value::Integer(offset),
                Value::List(shape),
                Value::List(strides),
                ..,
            ],
        ) => {
            let (shape, strides) = (numbers(shape)?, numbers(strides)?);
            let mut expected = vec![1_usize; shape.len()];
            for axis in (1..shape.len()).rev() {
                expected[axis - 1] = expected[axis].saturating_mul(shape[axis]);
            }
            if strides != expected {
                return Err("a tensor that is not laid out row by row");
            }
            Ok(Value::Tensor(Place {
                storage: storage.clone(),
                offset: usize::try_from(*offset).map_err(|_| "a tensor outside its storage")?,
                shape,
            }))
        }
        _ => Err("a call that no checkpoint needs"),
    }
}

fn numbers(values: &[Value]) -> Result<Vec<usize>, Wrong> {
    let number = |value: &Value| match value {
        Value::Integer(number) => usize::try_from(*number).map_err(|_| "an edge too long"),
        _ => Err("an edge that is no number"),
    };
    values.iter().map(number).collect()
}

#[derive(Default)]
struct Stack {
    values: Vec<Value>,
    memo: HashMap<u32, Value>,
}

impl Stack {
    fn push(&mut self, value: Value) -> Result<(), Wrong> {
        if self.values.len() >= MAX_VALUES {
            return Err("too many values");
        }
        self.values.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, Wrong> {
        self.values
            .pop()
            .filter(|value| *value != Value::Mark)
            .ok_or("a value is missing")
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>, Wrong> {
        let start = self.values.len().checked_sub(count).ok_or("a value is missing")?;
        let taken = self.values.split_off(start);
        if taken.contains(&Value::Mark) {
            return Err("a value is missing");
        }
        Ok(taken)
    }

    fn above_mark(&mut self) -> Result<Vec<Value>, Wrong> {
        let mark = self.values.iter().rposition(|value| *value == Value::Mark);
        let mark = mark.ok_or("a mark is missing")?;
        let taken = self.values.split_off(mark + 1);
        self.values.pop();
        Ok(taken)
    }

    /// Only what cannot change any more is kept: a container is remembered while it is still empty.
    fn remember(&mut self, number: u32) -> Result<(), Wrong> {
        let value = self.values.last().ok_or("a value is missing")?;
        if self.memo.len() >= MAX_VALUES {
            return Err("too many values");
        }
        if matches!(value, Value::Text(_) | Value::Name(_) | Value::Storage(_)) {
            self.memo.insert(number, value.clone());
        }
        Ok(())
    }

    fn recall(&self, number: u32) -> Result<Value, Wrong> {
        self.memo
            .get(&number)
            .cloned()
            .ok_or("a value is recalled that cannot be")
    }

    fn append(&mut self, added: Vec<Value>) -> Result<(), Wrong> {
        let Some(Value::List(list)) = self.values.last_mut() else {
            return Err("no list to append to");
        };
        list.extend(added);
        Ok(())
    }

    fn insert(&mut self, added: Vec<Value>) -> Result<(), Wrong> {
        let Some(Value::Map(map)) = self.values.last_mut() else {
            return Err("no map to insert into");
        };
        let mut added = added.into_iter();
        while let Some(key) = added.next() {
            map.push((key, added.next().ok_or("a key without a value")?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
