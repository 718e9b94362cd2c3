//! An event's data, as the variant of an enum that has the name of the event's type.

use std::cell::Cell;

use serde::de::value::CowStrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::{Event, STEMS, read};
use crate::error::EventError;

impl<'a> Event<'a> {
    /// The event with its data in an enum: the variant is the one named like the event's type. `None` if the enum has
    /// no such variant: acknowledge the event, since platforms pause an endpoint that refuses.
    ///
    /// A variant's one field is the data, and a variant without fields ignores it. A variant marked
    /// `#[serde(other)]` takes all other types.
    ///
    /// # Errors
    /// [`EventError::MissingData`] and [`EventError::Data`] where the data of a known type does not fit, and
    /// [`EventError::NotAnEnum`] if `T` is not an enum in serde's default form, externally tagged.
    ///
    /// ```
    /// use hookseal::EventShape;
    ///
    /// #[derive(serde::Deserialize)]
    /// enum Billing {
    ///     #[serde(rename = "payment.settled")]
    ///     Settled { amount: u32 },
    ///     #[serde(rename = "ping")]
    ///     Ping,
    /// }
    ///
    /// const SHAPE: EventShape = EventShape::new("type: {type}\ndata: {data}");
    /// let event = SHAPE.read(br#"{"type":"payment.settled","data":{"amount":7}}"#)?;
    /// let Some(event) = event.typed::<Billing>()? else { panic!("a known type") };
    /// assert!(matches!(event.data(), Billing::Settled { amount: 7 }));
    ///
    /// let event = SHAPE.read(br#"{"type":"payment.planned","data":{"amount":7}}"#)?;
    /// assert!(event.typed::<Billing>()?.is_none());
    /// # Ok::<(), hookseal::EventError>(())
    /// ```
    pub fn typed<T: Deserialize<'a>>(self) -> Result<Option<Event<'a, T>>, EventError> {
        let fault = Cell::new(None);
        let typed = Typed { event_type: &self.event_type, stems: self.stems, data: self.data, fault: &fault };
        match T::deserialize(typed) {
            Ok(data) => Ok(Some(self.with_data(data))),
            Err(error) => match fault.get() {
                Some(Fault::UnknownType) => Ok(None),
                Some(Fault::NotAnEnum) => Err(EventError::NotAnEnum),
                None => Err(read::data_error(&error, &self.event_type)),
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Fault {
    UnknownType,
    NotAnEnum,
}

struct Typed<'t, 'de> {
    event_type: &'t str,
    stems: [u16; STEMS],
    data: &'de RawValue,
    /// What serde's errors cannot carry.
    fault: &'t Cell<Option<Fault>>,
}

type Error = serde_json::Error;

impl<'t> Typed<'t, '_> {
    /// The longest form of the type that the enum has, or else the whole.
    fn name_among(&self, variants: &[&str]) -> &'t str {
        let stems = self.stems.iter().rev().filter_map(|stem| self.event_type.get(..usize::from(*stem)));
        let mut forms = [self.event_type].into_iter().chain(stems.filter(|stem| !stem.is_empty()));
        forms.find(|form| variants.contains(form)).unwrap_or(self.event_type)
    }
}

impl<'de> Deserializer<'de> for Typed<'_, 'de> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Typed { event_type: self.name_among(variants), ..self })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.fault.set(Some(Fault::NotAnEnum));
        Err(Error::custom(""))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'t, 'de> EnumAccess<'de> for Typed<'t, 'de> {
    type Error = Error;
    type Variant = Data<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Data<'de>), Error> {
        let name: CowStrDeserializer<'_, Error> = std::borrow::Cow::Borrowed(self.event_type).into_deserializer();
        match seed.deserialize(name) {
            Ok(variant) => Ok((variant, Data(self.data))),
            Err(error) => {
                self.fault.set(Some(Fault::UnknownType));
                Err(error)
            }
        }
    }
}

struct Data<'de>(&'de RawValue);

impl<'de> VariantAccess<'de> for Data<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_map(visitor)
    }
}
